# SPDX-License-Identifier: MIT
# The short way in. CMake and its presets are the one truth; everything here only calls them.
PREFIX = /usr/local
.PHONY: run check bench install clean

run: # what the kernel under us does to a runtime; status 1 says that something is wrong with it
	@script/setup run
	@script/build release
	@build/release/hardpan doctor || test $$? = 1

check: # every test, of what the doors share through both; fails on a skip that test/expected-skips does not know
	@script/setup check
	@script/check debug

bench: # each figure beside a peer's or the bare system call's, from the same run
	@script/setup bench
	@script/build bench
	@cmake --build build/bench --target run-bench

install: # to $(DESTDIR)$(PREFIX)
	@script/setup run
	@script/build release
	@cmake --install build/release --prefix $(PREFIX)

clean:
	@rm -rf build
