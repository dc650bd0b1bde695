# SPDX-License-Identifier: MIT
# Debian's musl-tools. Not a cross build: the programs run here, on a second C library.
set(CMAKE_C_COMPILER musl-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
