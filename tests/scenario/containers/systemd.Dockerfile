# The image of the Debian package (tag -root) as a machine of its own, whose first process is systemd.
ARG IMAGE
FROM ${IMAGE}
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends systemd systemd-sysv
ENTRYPOINT []
CMD ["/sbin/init"]
