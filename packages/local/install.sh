# Sourced by ./parallax: what has to be installed, how, and how to know that it is. Needs ROOT, RUNTIME and NODE_BIN.
#
# A step is done when its stamp holds the hash of its inputs and its outcome is there. The stamp is written last, so that an interrupted
# step is run again; each step but npm's makes its outcome beside the old one and then renames it. One `flock` lets one start install
# while others wait.

STEPS=(node npm jars-kafka jars-artemis jars-cassandra jars-spark spark-shim spark-functions stubs)
JAR_SETS=(kafka artemis cassandra spark)
MAVEN_DEPENDENCY=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

say() { printf 'parallax: %s\n' "$*" >&2; }

fail() { # what happened, what to do
  printf 'parallax: error: %s\n' "$1" >&2
  [[ -z ${2-} ]] || printf '  %s\n' "$2" >&2
  exit 3
}

# --- what a step depends on, and what it leaves -----------------------------------------------------------------------------------------

step_inputs() { # prints file names
  case $1 in
    node) printf '%s\n' "$ROOT"/packages/local/node-runtime/package{,-lock}.json ;;
    npm) printf '%s\n' "$ROOT"/package.json "$ROOT"/package-lock.json "$ROOT"/packages/*/package.json ;;
    jars-*) printf '%s\n' "$ROOT/packages/local/jars/${1#jars-}/pom.xml" "$ROOT/packages/local/jars/${1#jars-}/checksums.txt" ;;
    spark-shim) module_inputs "$ROOT/packages/local/spark-shim" ;;
    spark-functions) module_inputs "$ROOT/packages/spark-functions" ;;
    stubs)
      printf '%s\n' "$ROOT/packages/local/jars/spark/checksums.txt" "$ROOT/package-lock.json"
      find "$ROOT/packages/spark-connect/scripts" "$ROOT/packages/spark-connect/proto" -type f | LC_ALL=C sort
      ;;
  esac
}

module_inputs() { # a Maven module's folder
  printf '%s\n' "$1/pom.xml"
  find "$1/src/main" -type f | LC_ALL=C sort
}

step_outcome() {
  case $1 in
    node) echo "$NODE_BIN/node" ;;
    npm) echo "$ROOT/node_modules/.package-lock.json" ;;
    jars-*) echo "$RUNTIME/jars/${1#jars-}" ;;
    spark-shim) echo "$RUNTIME/jars/spark-shim/parallax-spark-shim.jar" ;;
    spark-functions) echo "$RUNTIME/jars/functions/parallax-spark-functions.jar" ;;
    stubs) echo "$ROOT/packages/spark-connect/src/generated/spark" ;;
  esac
}

hash_inputs() { # relative names, so that a checkout may be moved
  local file
  while IFS= read -r file; do
    [[ -f $file ]] || fail "$file is missing" 'The checkout is not whole: restore it from Git.'
    printf '%s\n' "${file#"$ROOT"/}"
  done < <(step_inputs "$1") | (cd "$ROOT" && xargs -d '\n' sha256sum) | sha256sum | cut -d' ' -f1
}

is_done() {
  local stamp=$RUNTIME/stamps/$1
  [[ -f $stamp && -e $(step_outcome "$1") && $(<"$stamp") == $(hash_inputs "$1") ]]
}

everything_is_installed() {
  local step
  for step in "${STEPS[@]}"; do is_done "$step" || return 1; done
}

# --- prerequisites ----------------------------------------------------------------------------------------------------------------------

java_version() { # of a java program, e.g. 17
  "$1" -version 2>&1 | sed -nE 's/.* version "([0-9]+).*/\1/p' | head -n 1
}

# Leaves JAVA_HOME as the caller set it, or sets it to the JDK that the check of the prerequisites chose.
find_java() {
  if [[ -z ${JAVA_HOME-} && -f $RUNTIME/java-home && -x $(<"$RUNTIME/java-home")/bin/java ]]; then
    JAVA_HOME=$(<"$RUNTIME/java-home")
    export JAVA_HOME
  fi
}

check_java() {
  local home candidates=()
  [[ -z ${JAVA_HOME-} ]] || candidates+=("$JAVA_HOME")
  home=$(command -v java || true)
  [[ -z $home ]] || candidates+=("$(dirname "$(dirname "$(readlink -f "$home")")")")
  for home in /usr/lib/jvm/*; do [[ ! -d $home || -L $home ]] || candidates+=("$home"); done
  for home in ${candidates[@]+"${candidates[@]}"}; do
    [[ -x $home/bin/java && -x $home/bin/javac ]] || continue
    case $(java_version "$home/bin/java") in
      17 | 21)
        export JAVA_HOME=$home
        mkdir -p "$RUNTIME"
        printf '%s\n' "$home" >"$RUNTIME/java-home"
        return
        ;;
    esac
  done
  fail 'no JDK 17 (or 21) was found: looked at JAVA_HOME, the PATH and /usr/lib/jvm; it must hold javac, too' \
    'Debian, Ubuntu: sudo apt-get install openjdk-17-jdk-headless. Elsewhere: https://adoptium.net, then set JAVA_HOME.'
}

check_prerequisites() {
  local tool major
  [[ $(uname -s)-$(uname -m) == Linux-x86_64 ]] || fail "this machine is $(uname -s) $(uname -m)" 'The embedded services need Linux on x86-64.'
  for tool in flock sha256sum xargs find sed; do
    command -v "$tool" >/dev/null || fail "$tool was not found" 'Debian, Ubuntu: sudo apt-get install coreutils findutils sed util-linux.'
  done
  for tool in node npm; do
    command -v "$tool" >/dev/null ||
      fail "$tool was not found; any Node from 18 on is enough to fetch the one that Parallax uses" \
        'Debian, Ubuntu: sudo apt-get install nodejs npm. Elsewhere: https://nodejs.org.'
  done
  major=$(node -p 'process.versions.node.split(".")[0]')
  ((major >= 18)) || fail "the installed Node is $(node --version), older than 18" 'Get a newer one from https://nodejs.org.'
  check_java
  command -v mvn >/dev/null ||
    fail 'mvn (Maven) was not found' 'Debian, Ubuntu: sudo apt-get install maven. Elsewhere: https://maven.apache.org/install.html.'
}

# --- the steps --------------------------------------------------------------------------------------------------------------------------

with_install_lock() { # a function
  mkdir -p "$RUNTIME/stamps" "$RUNTIME/jars" "$RUNTIME/log"
  exec 9>"$RUNTIME/install.lock"
  if ! flock --nonblock 9; then
    say 'another ./parallax is installing; waiting for it'
    flock 9
  fi
  "$@"
  exec 9>&-
}

install_everything() {
  local step hash checked=
  for step in "${STEPS[@]}"; do
    if is_done "$step"; then continue; fi
    if [[ -z $checked ]]; then
      check_prerequisites
      checked=1
    fi
    hash=$(hash_inputs "$step")
    rm -f "$RUNTIME/stamps/$step"
    case $step in
      node) install_node ;;
      npm) install_npm ;;
      jars-*) install_jars "${step#jars-}" ;;
      spark-shim) build_module "$ROOT/packages/local/spark-shim" "$RUNTIME/jars/spark-shim" ;;
      spark-functions) build_module "$ROOT/packages/spark-functions" "$RUNTIME/jars/functions" ;;
      stubs) generate_stubs ;;
    esac
    [[ -e $(step_outcome "$step") ]] || fail "step $step left no $(step_outcome "$step")"
    printf '%s\n' "$hash" >"$RUNTIME/stamps/$step"
  done
}

# Runs a command with its output in a log; every 10 s a line says how long it takes. On failure shows the log's end.
logged() { # what it does, name of the log, what to do when it fails, command…
  local what=$1 log=$RUNTIME/log/$2.log advice=$3 begin=$SECONDS pid code=0 ticks=0
  shift 3
  say "$what"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.25
    if ((++ticks % 40 == 0)); then say "  … $((SECONDS - begin)) s$(downloaded "$log")"; fi
  done
  wait "$pid" || code=$?
  trap - INT TERM
  if ((code != 0)); then
    if (($(wc -l <"$log") > 40)); then sed -n '1,15p;16s/.*/…/p' "$log" >&2; fi
    tail -n 25 "$log" >&2
    fail "$what: failed with exit code $code; the whole log is $log" "$advice"
  fi
}

downloaded() { # how many files Maven says it has fetched
  local count
  count=$(grep -c '^\[INFO\] Downloaded from' "$1" || true)
  ((count == 0)) || printf ', %s files fetched' "$count"
}

NETWORK_ADVICE='Is the package registry reachable? Run the same command again: what was fetched is kept.'

install_node() {
  local fresh=$RUNTIME/node.new
  rm -rf "$fresh" "$RUNTIME/node.old"
  mkdir -p "$fresh"
  cp "$ROOT"/packages/local/node-runtime/package{,-lock}.json "$fresh"
  logged 'fetching Node 24 (45 MB)' install-node "$NETWORK_ADVICE" \
    npm ci --prefix "$fresh" --ignore-scripts --no-audit --no-fund --loglevel=error
  if [[ -e $RUNTIME/node ]]; then mv "$RUNTIME/node" "$RUNTIME/node.old"; fi
  mv "$fresh" "$RUNTIME/node"
  rm -rf "$RUNTIME/node.old"
}

install_npm() {
  logged 'installing npm packages' install-npm "$NETWORK_ADVICE" \
    npm ci --prefix "$ROOT" --ignore-scripts --no-audit --no-fund --loglevel=error
}

fetch_jars() { # set, folder
  rm -rf "$2"
  logged "fetching the jars of $1 through Maven" "install-jars-$1" "$NETWORK_ADVICE" \
    mvn -B -f "$ROOT/packages/local/jars/$1/pom.xml" "$MAVEN_DEPENDENCY:copy-dependencies" -DincludeScope=runtime -DoutputDirectory="$2"
}

install_jars() { # set
  local folder=$RUNTIME/jars/$1 sums=$ROOT/packages/local/jars/$1/checksums.txt
  if [[ -d $folder ]] && check_jars "$folder" "$sums" >/dev/null 2>&1; then return; fi
  fetch_jars "$1" "$folder.new"
  check_jars "$folder.new" "$sums" ||
    fail "the jars of $1 are not the pinned ones (see above)" \
      "If a version changed on purpose: ./parallax jars --pin, and review the change of $sums. If not, someone changed what the registry serves."
  rm -rf "$folder"
  mv "$folder.new" "$folder"
}

check_jars() { # folder, checksums: every pinned jar with its bytes, and no other
  local difference
  difference=$(diff <(sed -E 's/^[0-9a-f]+  //' "$2" | LC_ALL=C sort) <(cd "$1" && find . -type f -printf '%P\n' | LC_ALL=C sort)) || {
    printf 'pinned (<) and fetched (>) jars differ:\n%s\n' "$difference" >&2
    return 1
  }
  (cd "$1" && sha256sum --quiet --strict --check "$2") >&2
}

pin_jars() {
  local set
  check_prerequisites
  for set in "${JAR_SETS[@]}"; do
    fetch_jars "$set" "$RUNTIME/jars/$set.new"
    (cd "$RUNTIME/jars/$set.new" && find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum) >"$ROOT/packages/local/jars/$set/checksums.txt"
    rm -rf "$RUNTIME/jars/$set.new"
    say "pinned $(wc -l <"$ROOT/packages/local/jars/$set/checksums.txt") jars in packages/local/jars/$set/checksums.txt"
  done
}

build_module() { # Maven module, folder for its jar
  local name=${1##*/}
  [[ -f $1/pom.xml ]] || fail "$1/pom.xml is missing" 'The checkout is not whole: restore it from Git.'
  logged "building $name" "install-$name" 'Read the log; a compile error names its file and line.' mvn -B -f "$1/pom.xml" -Dmaven.test.skip=true package
  mkdir -p "$2"
  cp "$1/target/parallax-$name.jar" "$2/.new"
  mv "$2/.new" "$2/parallax-$name.jar"
}

generate_stubs() {
  PATH=$NODE_BIN:$PATH logged "generating the Spark Connect stubs from the server's jar" install-stubs 'Read the log.' \
    node "$ROOT/packages/spark-connect/scripts/generate.ts"
}
