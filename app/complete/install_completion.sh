#!/bin/sh
# Puts what `quern completion SHELL` prints where that shell looks: install_completion.sh QUERN SHELL FOLDER NAME.
set -e
folder=$MESON_INSTALL_DESTDIR_PREFIX/$3
mkdir -p "$folder"
"$1" completion "$2" >"$folder/$4"
