#!/bin/sh
# Joins the objects of several archives into one that shows its public names only, in an archive of its own:
# join_archive.sh OUTPUT ARCHIVE... -- COMPILER [FLAG...]
set -eu

output=$1
shift
archives=
while [ "$1" != -- ]; do
	archives="$archives $1"
	shift
done
shift

object=$output.o
# shellcheck disable=SC2086 # one word an archive; meson's paths within a build have no blanks
"$@" -r -nostdlib -o "$object" -Wl,--whole-archive $archives -Wl,--no-whole-archive
objcopy --wildcard --keep-global-symbol='quern_*' "$object"
rm -f "$output"
ar rcs "$output" "$object"
rm -f "$object"
