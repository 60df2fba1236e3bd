# For rabbitmq:3.13. Debian's is older, 3.10.
FROM wafa-standin-debian
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rabbitmq-server >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/lib/rabbitmq/* \
 && ln -s /var/lib/rabbitmq/.erlang.cookie /root/.erlang.cookie
COPY docker-entrypoint.sh /usr/local/bin/
# Debian's own commands of these names change the user, which an exec in a container need not.
ENV PATH=/usr/lib/rabbitmq/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    RABBITMQ_LOGS=- \
    LANG=C.UTF-8
VOLUME /var/lib/rabbitmq
EXPOSE 5672 15672 15692
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["rabbitmq-server"]
