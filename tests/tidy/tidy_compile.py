"""What the compiler must show: headers that stand alone, and the -march that was asked for."""

import json
import os
import shlex
import subprocess

from tidy_tree import bare_c

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wstrict-prototypes",
            "-Wmissing-prototypes", "-Werror"]
LEAN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../lib/dpdk/dpdk_lean.h")


def dpdk_folders():
    flags = subprocess.run(["pkg-config", "--cflags-only-I", "libdpdk"], check=True, capture_output=True, text=True)
    return [word for flag in shlex.split(flags.stdout) for word in ("-isystem", flag[2:])]


def compile_alone(tree, header, march, compiler="gcc"):
    """The compiler's complaints about a file that holds nothing but this header, twice."""
    folders = ["-I", "lib/include"]
    if not header.startswith("lib/include/"):
        folders += ["-I", "lib", "-I", "app", "-I", "tests", "-I", "bench", *dpdk_folders(), "-include", LEAN]
    program = f'#include "{header}"\n#include "{header}"\nextern int a_file_must_declare_something;\n'
    command = [compiler, "-std=gnu11", "-D_GNU_SOURCE", f"-march={march}", *WARNINGS, *folders, "-I", ".",
               "-fsyntax-only", "-x", "c", "-"]
    done = subprocess.run(command, input=program, cwd=tree.root, capture_output=True, text=True)
    return [] if done.returncode == 0 else done.stderr.splitlines() or [f"{header}:1: the compiler fails"]


def compile_as_cplusplus(tree, header, compiler="g++"):
    """The compiler's complaints about a public header in C++, and where one of its functions lacks extern "C"."""
    program = f'#include "{header}"\n#include "{header}"\n'
    command = [compiler, "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", "lib/include", "-I", ".",
               "-fsyntax-only", "-x", "c++", "-"]
    done = subprocess.run(command, input=program, cwd=tree.root, capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr.splitlines() or [f"{header}:1: the compiler fails"]
    text = tree.texts[header]
    if bare_c(text).find("(") >= 0 and 'extern "C" {' not in text:
        return [f"{header}:1: declares functions without extern \"C\""]
    return []


def header_checks(tree, march):
    alone = [(f"{header} compiles alone", lambda header=header: compile_alone(tree, header, march))
             for header in tree.headers()]
    return alone + [(f"{header} is C++ as well", lambda header=header: compile_as_cplusplus(tree, header))
                    for header in tree.headers() if header.startswith("lib/include/")]


def last_march(command):
    flags = [word for word in shlex.split(command) if word.startswith("-march=")]
    return flags[-1][len("-march="):] if flags else None


def march_arrives(build, march):
    """Breaches where a compile command's last -march is not the one of the option."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as text:
        commands = json.load(text)
    if not commands:
        return [f"{build}/compile_commands.json:1: holds no command"]
    return [f"{os.path.normpath(os.path.join(entry['directory'], entry['file']))}:1: compiled with "
            f"-march={last_march(entry['command'])}, asked for {march}"
            for entry in commands if last_march(entry["command"]) != march]
