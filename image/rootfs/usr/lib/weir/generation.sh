# shellcheck shell=sh
# Generations as the shell tools see them; sourced by boot and restore.
# A generation is /data/weir/generations/<number>-<node>/ with meta.json, rendered/ (mirrors /), rendered/manifest
# (one absolute path a line: every file it lays) and rendered.sha256 (sha256sum -c format, names relative to the generation).

store=/data/weir
run=/run/weir

say() {
  echo "weir: $*" >&2
}

# intact DIR: nothing of this generation is missing or damaged; symbolic links have no checksum, they must only be there
intact() {
  [ -s "$1/meta.json" ] && [ -f "$1/rendered/manifest" ] || return 1
  grep -q '  rendered/manifest$' "$1/rendered.sha256" 2>/dev/null || return 1
  (cd "$1" && sha256sum --quiet --strict -c rendered.sha256) >/dev/null 2>&1 || return 1
  while IFS= read -r path; do
    case $path in
      /run/* | /etc/*) [ -f "$1/rendered$path" ] || [ -L "$1/rendered$path" ] || return 1 ;;
      *) return 1 ;;
    esac
  done <"$1/rendered/manifest"
}

# generation: prints the directory to start from: what was confirmed, else the newest that is intact. 1: there is none
generation() {
  if [ -L "$store/confirmed" ]; then
    dir=$(readlink -f "$store/confirmed")
    intact "$dir" && echo "$dir" && return 0
    say "the confirmed generation $(readlink "$store/confirmed") is damaged, taking the newest intact one"
  fi
  for id in $(find "$store/generations" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*' -printf '%f\n' 2>/dev/null | sort -t- -k1,1nr); do
    dir=$store/generations/$id
    intact "$dir" && echo "$dir" && return 0
  done
  return 1
}

# lay DIR: puts the generation's files into /, with their modes; tar replaces a file by a new one, it never writes into it.
# A generation gets its place once it was verified and, where that was asked for, confirmed. Where no link names any (power went
# before the first one was made, or the link is lost), what is laid is the confirmed one from now on: what serves is what is said.
lay() {
  sed 's|^/||' "$1/rendered/manifest" |
    tar -C "$1/rendered" --no-recursion --verbatim-files-from -T - -cf - |
    tar -C / --no-overwrite-dir --no-same-owner -xpf - || return 1
  cp "$1/rendered/manifest" "$run/manifest" || return 1
  echo "${1##*/}" >"$run/laid"
  [ -L "$store/confirmed" ] || ln -s "generations/${1##*/}" "$store/confirmed" || say "$store/confirmed cannot be made"
}
