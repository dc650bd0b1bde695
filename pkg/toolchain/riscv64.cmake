# SPDX-License-Identifier: MIT
# Debian's gcc-riscv64-linux-gnu.
# qemu-user does its own placing and restarting, so only tests of pure code may run under it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_C_COMPILER riscv64-linux-gnu-gcc)
set(CMAKE_AR riscv64-linux-gnu-ar)
set(CMAKE_RANLIB riscv64-linux-gnu-ranlib)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_FIND_ROOT_PATH /usr/riscv64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
find_program(HARDPAN_QEMU NAMES qemu-riscv64-static qemu-riscv64)
if(HARDPAN_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${HARDPAN_QEMU}")
endif()
