"""The currencies that money may be in, each with its number of decimals.

The codes are those that are legal tender somewhere today by Unicode CLDR (Babel 2.18, territory currencies
without an end date). The decimals are the minor units of ISO 4217 (list one of 1 January 2026). CLDR's own
digits say how a price is usually printed, and would refuse dinars with fils in Iraq or para in Serbia. The
table stands here so that an upgrade of a library cannot change what the contract accepts.
"""

from decimal import Decimal

_WITHOUT_DECIMALS = """
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF
"""
_WITH_TWO_DECIMALS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU
    MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST
    XCD XCG YER ZAR ZMW ZWG
"""
_WITH_THREE_DECIMALS = """
    BHD IQD JOD KWD LYD OMR TND
"""

#: Decimals by ISO 4217 code, in alphabetical order of the codes.
DECIMALS: dict[str, int] = dict(
    sorted(
        (code, decimals)
        for decimals, codes in ((0, _WITHOUT_DECIMALS), (2, _WITH_TWO_DECIMALS), (3, _WITH_THREE_DECIMALS))
        for code in codes.split()
    )
)


def codes_with(decimals: int) -> list[str]:
    """Return the codes of the currencies that have so many decimals."""
    return [code for code, number in DECIMALS.items() if number == decimals]


def money_of(minor: int, currency: str) -> dict[str, str]:
    """Return money as the contract has it, of an amount in the currency's smallest unit (cents, fils)."""
    return {"amount": f"{Decimal(minor).scaleb(-DECIMALS[currency]):f}", "currency": currency}
