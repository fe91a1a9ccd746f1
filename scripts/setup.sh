#!/usr/bin/env bash
# Installs the Debian packages that Fovea is built with, where they are missing.
set -euo pipefail
packages=(cmake ninja-build g++ libmlir-22-dev mlir-22-tools llvm-22-dev
  llvm-22-tools clang-22 lld-22 libclang-rt-22-dev libgtest-dev zlib1g-dev
  libzstd-dev libedit-dev libcurl4-openssl-dev libxml2-dev python3 python3-venv)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
    grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
  echo "setup: this is no Debian with apt-get; install the equivalents of: ${missing[*]}" >&2
  exit 1
fi
root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: these packages are missing and only root can install them: ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi
echo "setup: installing ${missing[*]}"
"${root[@]}" apt-get update -qq
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
  --no-install-recommends "${missing[@]}" >/dev/null
