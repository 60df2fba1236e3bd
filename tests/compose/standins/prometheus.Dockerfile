# For prom/prometheus. Debian's is older, 2.42; of its package only the two programs are wanted.
FROM wafa-standin-debian
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends busybox >/dev/null \
 && ln -s busybox /usr/bin/wget \
 && cd /tmp && apt-get download -qq prometheus \
 && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x -C / ./usr/bin \
 && rm -rf prometheus_*.deb /var/lib/apt/lists/* \
 && install -d -o nobody /prometheus
USER nobody
VOLUME /prometheus
EXPOSE 9090
ENTRYPOINT ["prometheus"]
