# For mongo:7.0 and for the mail catcher, which both speak Python here.
FROM wafa-standin-python AS servers
COPY constraints.txt /tmp/
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/python -m pip install --quiet --only-binary :all: --constraint /tmp/constraints.txt \
        aiosmtpd pymongo quickjs==1.19.4

FROM servers AS mongodb
COPY bin/ /tmp/bin/
COPY embedded.py /opt/
# The fast server where this machine has it, otherwise the one from PyPI, started as the local stack starts it.
RUN if [ -x /tmp/bin/secantusd-rs ]; then mv /tmp/bin/secantusd-rs /usr/local/bin/secantusd; \
    else /opt/venv/bin/python -m pip install --quiet --only-binary :all: --constraint /tmp/constraints.txt SecantusDB \
     && printf '#!/bin/sh\nexec /opt/venv/bin/python /opt/embedded.py "$@"\n' >/usr/local/bin/secantusd \
     && chmod +x /usr/local/bin/secantusd; fi \
 && groupadd --gid 999 mongodb && useradd --uid 999 --gid 999 mongodb \
 && install -d -o mongodb -g mongodb /data/db /data/configdb /docker-entrypoint-initdb.d
COPY mongodb/docker-entrypoint.sh mongodb/mongosh /usr/local/bin/
VOLUME ["/data/db", "/data/configdb"]
EXPOSE 27017
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["mongod"]

FROM servers AS mail
COPY mail/catch.py /opt/
COPY mail/mailpit /
EXPOSE 1025 8025
ENTRYPOINT ["/mailpit"]
