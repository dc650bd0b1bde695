# SPDX-License-Identifier: MIT
# FreeBSD/amd64 by clang, with no header but its own: what does not compile so has taken a header of
# this machine's for one of FreeBSD's. Only the static library is built; nothing can be linked or run.
set(CMAKE_SYSTEM_NAME FreeBSD)
set(CMAKE_SYSTEM_PROCESSOR amd64)
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET x86_64-unknown-freebsd)
set(CMAKE_C_FLAGS_INIT "-nostdlibinc -ffreestanding")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(HARDPAN_TOOL OFF CACHE BOOL "")
set(HARDPAN_SHARED OFF CACHE BOOL "")
set(HARDPAN_EXAMPLES OFF CACHE BOOL "")
set(BUILD_TESTING OFF CACHE BOOL "")
