# For python:3.11-slim-bookworm.
FROM wafa-standin-debian
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY pip.conf /etc/pip.conf
RUN ln -s python3 /usr/bin/python
CMD ["python3"]
