"""The rules that JSON Schema cannot say, compiled to a few cheap calls for the hot path.

They are those of the marshmallow schemas; here they answer only yes or no, and only for data that already
passed the JSON Schema.
"""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import fields

from wafa.contracts.fields import Many, Part, Whole, is_whole
from wafa.contracts.schema import Contract
from wafa.contracts.values import Timezone, is_timezone

Test = Callable[[Any], bool]


def compile_tests(schema: type[Contract]) -> Test | None:
    """Return a test of one object of `schema`, or `None` where JSON Schema says everything."""
    tests = tuple(
        (field.data_key or name, test)
        for name, field in schema._declared_fields.items()
        if (test := _test_of(field)) is not None
    )
    flaw = None if schema.flaw is Contract.flaw else schema.flaw
    if not tests and flaw is None:
        return None

    def is_sound(data: Mapping[str, Any]) -> bool:
        for name, test in tests:
            value = data.get(name)  # never null here, so `None` is absent
            if value is not None and not test(value):
                return False
        return flaw is None or flaw(data) is None

    return is_sound


def _test_of(field: fields.Field[Any]) -> Test | None:
    if isinstance(field, Timezone):
        return is_timezone
    if isinstance(field, Whole):
        return is_whole
    if isinstance(field, Part):
        return compile_tests(_schema_of(field))
    if isinstance(field, Many):
        return _for_each(_test_of(field.inner))
    return None


def _schema_of(field: Part) -> type[Contract]:
    schema = field.nested
    assert isinstance(schema, type)
    assert issubclass(schema, Contract)
    return schema


def _for_each(test: Test | None) -> Test | None:
    return None if test is None else lambda items: all(map(test, items))
