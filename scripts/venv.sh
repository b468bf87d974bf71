# Makes ./.venv and fills it from the locked requirements. Sourced by ./demo, ./test, the Makefile and .ci/run
# after they set ROOT (absolute path of the checkout); not run by itself.
#
#   suxin_venv run|dev     leaves VENV ready; says what it does on stderr; exits 2 with the line to type when it cannot
#
# A stamp written last says that the environment is whole. Without it the environment is made anew, so a build that was
# interrupted anywhere heals at the next call.

VENV=$ROOT/.venv
STAMP=$VENV/suxin-stamp

say() { printf 'suxin: %s\n' "$*" >&2; }

# Isolated mode everywhere: the checkout has a folder named like the standard library's `trace`, and the caller's
# PYTHONPATH and user site are none of our business.
find_python() {
  for newest in 14 99; do # the lock is made for 3.11 to 3.14; a newer one is tried last
    for PY in ${SUXIN_PYTHON:+"$SUXIN_PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
      "$PY" -I -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $newest))" 2>/dev/null && return 0
    done
  done
  say "no Python 3.11 or newer found. Install one and run again, or name it: SUXIN_PYTHON=/path/to/python3"
  exit 2
}

fingerprint() {
  "$PY" -I - "$ROOT" <<'PY'
import hashlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
whole = hashlib.sha256()
for name in ("pyproject.toml", "requirements/run.txt", "requirements/dev.txt", "scripts/venv.sh"):
    whole.update((root / name).read_bytes() + b"\0")
print(whole.hexdigest())
PY
}

# Each way leaves nothing behind when it fails: a half-made folder would be taken for a whole one.
try_venv() {
  rm -rf "$VENV"
  if TROUBLE=$("$@" 2>&1) && "$VENV/bin/python" -I -c '' 2>/dev/null; then return 0; fi
  rm -rf "$VENV"
  return 1
}

make_venv() {
  say "making .venv with $("$PY" -I -c 'import sys; print(sys.executable, sys.version.split()[0])')"
  # Debian without python3-venv has the module but not ensurepip, and would leave a folder without pip.
  if "$PY" -I -c 'import ensurepip, venv' 2>/dev/null && try_venv "$PY" -I -m venv "$VENV"; then return 0; fi
  if command -v uv >/dev/null 2>&1 && try_venv uv venv --quiet --python "$PY" "$VENV"; then return 0; fi
  if command -v virtualenv >/dev/null 2>&1 && try_venv virtualenv --quiet --python "$PY" "$VENV"; then return 0; fi
  if try_venv "$PY" -P -m virtualenv --quiet "$VENV"; then return 0; fi
  if ! command -v apt-get >/dev/null 2>&1; then
    say "$PY cannot make a virtual environment. Type this line, then run again:"
    say "    $PY -m pip install --user virtualenv"
    exit 2
  fi
  if [ "$(id -u)" != 0 ]; then
    say "$PY cannot make a virtual environment. Type this line, then run again:"
    say "    sudo apt-get install -y python3-venv"
    exit 2
  fi
  say "$PY cannot make a virtual environment: installing the system package python3-venv"
  DEBIAN_FRONTEND=noninteractive apt-get -q update >&2 || true # an old list may still do
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends python3-venv >&2 || true
  if try_venv "$PY" -I -m venv "$VENV" || try_venv /usr/bin/python3 -I -m venv "$VENV"; then return 0; fi
  say "python3-venv did not help: $TROUBLE"
  exit 2
}

install() {
  if "$VENV/bin/python" -I -m pip --version >/dev/null 2>&1; then
    "$VENV/bin/python" -I -m pip install --quiet --no-input --disable-pip-version-check "$@" >&2
  else
    uv pip install --quiet --python "$VENV/bin/python" "$@" >&2
  fi
}

suxin_venv() {
  find_python
  unset PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX
  want=$(fingerprint)
  if [ -f "$STAMP" ] && "$VENV/bin/python" -I -c '' 2>/dev/null; then
    { read -r have && read -r level && read -r place; } <"$STAMP" || have=
  else
    have=
  fi
  if [ "$have" = "$want" ] && [ "$place" = "$ROOT" ] && { [ "$level" = dev ] || [ "$level" = "$1" ]; }; then return 0; fi
  # A moved checkout leaves scripts that point to the old place.
  if [ -z "$have" ] || [ "$place" != "$ROOT" ]; then make_venv; fi
  rm -f "$STAMP"
  say "installing locked packages into .venv (requirements/$1.txt; a minute or two the first time)"
  if ! install --require-hashes -r "$ROOT/requirements/$1.txt"; then
    say "the packages could not be installed (see above). Without a network? Run again when there is one."
    exit 2
  fi
  # Held back unless it fails: setuptools warns about editable installs, which is what is wanted.
  if ! TROUBLE=$(install --no-deps --no-build-isolation -e "$ROOT" 2>&1); then
    say "suxin itself could not be installed into .venv: $TROUBLE"
    exit 2
  fi
  printf '%s\n%s\n%s\n' "$want" "$1" "$ROOT" >"$STAMP.new"
  mv "$STAMP.new" "$STAMP"
}
