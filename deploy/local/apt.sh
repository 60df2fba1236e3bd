# For the other scripts of this folder: `. apt.sh`. Debian's packages, for root.

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

install() {
    echo "Installing $* ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq -o DPkg::Lock::Timeout=300
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}
