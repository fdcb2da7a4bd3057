# SPDX-License-Identifier: GPL-2.0-only
# A plain wrapper: the module's own makefile is Kbuild.

help:
	@echo 'ipcmbox: mailboxes between local processes, as a kernel module'
	@echo
	@echo '  make modules    build ipcmbox.ko for KVER, with the headers in KDIR'
	@echo '  make programs   build all that is not the module: the libraries, the'
	@echo '                  command and the manual'
	@echo '  make lib        build the C library into build/lib; likewise rpc, mq, sysv,'
	@echo '                  cli, man'
	@echo '  make examples   build the example programs into build/examples'
	@echo '  make selftests  build the tests into build/selftests'
	@echo '  make demo       run the examples in a VM; FILE=... to carry a file,'
	@echo '                  EXAMPLE=NAME for one of them'
	@echo '  make check      run all tests in VMs; KERNEL=NAME for one kernel'
	@echo '  make check-debug, make check-race'
	@echo '                  the same on a kernel with detectors, and a storm of'
	@echo '                  STORM_SECONDS=600'
	@echo '  make check-all  every kernel and flavour, and a table'
	@echo '  make coverage   lines and branches of the module that tests reach'
	@echo '  make fuzz       fuzz the ABI for MINUTES=10'
	@echo '  make model      search the models of the module with spin'
	@echo '  make style      check sources, scripts and documents'
	@echo '  make bench      measure it beside its peers, with CPUS=2 and'
	@echo '                  PIN=none, same or apart'
	@echo '  make bench-instructions'
	@echo '                  count instructions, and compare with bench/instructions'
	@echo '  make docs       make HTML of Documentation, in build/docs'
	@echo '  make install    install the module, all programs and a udev rule;'
	@echo '                  install-programs leaves out the module'
	@echo '  make uninstall  remove them'
	@echo '  make clean      remove what was built'
	@echo
	@echo 'KVER=$(KVER)'
	@echo 'KDIR=$(KDIR)'
	@echo 'PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)'
	@echo 'Demo and check run in QEMU: no module is loaded on this machine.'
	@echo 'With KDIR= and KIMAGE= they take your headers and boot image.'

# With KDIR= alone, its kernel is meant.
ifneq ($(origin KDIR),undefined)
export KDIR
KVER ?= $(or $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' \
	$(KDIR)/include/generated/utsrelease.h 2>/dev/null),$(shell uname -r))
endif
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr/local
INSTALL_LIBDIR ?= $(PREFIX)/lib
export KIMAGE KERNEL FILE EXAMPLE BUSYBOX KSELFTEST CPUS PIN

build := $(CURDIR)/build
# Debian's headers come without the key that they ask to sign with.
UNSIGNED := $(if $(wildcard $(KDIR)/certs/signing_key.pem),,CONFIG_MODULE_SIG_ALL=)
UDEV_RULE := $(DESTDIR)/etc/udev/rules.d/60-ipcmbox.rules
UAPI_HEADER := $(DESTDIR)$(PREFIX)/include/linux/ipcmbox.h
where := PREFIX=$(PREFIX) INSTALL_LIBDIR=$(INSTALL_LIBDIR) DESTDIR=$(DESTDIR)

modules: headers
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

headers:
	@test -f $(KDIR)/Makefile || { \
		echo 'no kernel headers in $(KDIR):' \
			'install linux-headers-$(KVER), or name them by KDIR=' >&2; \
		exit 1; }

lib:
	$(MAKE) -C lib O=$(build)/lib $(where)

# What stands on the library.
mq sysv rpc: lib
	$(MAKE) -C lib/$@ O=$(build)/$@ LIBDIR=$(build)/lib $(where)

cli: lib
	$(MAKE) -C cli O=$(build)/cli LIBDIR=$(build)/lib $(where)

programs: lib mq sysv rpc cli man

examples: lib
	$(MAKE) -C examples O=$(build)/examples LIBDIR=$(build)/lib

examples-rpc: rpc
	$(MAKE) -C examples/rpc O=$(build)/examples/rpc LIBDIR=$(build)/lib \
		RPCDIR=$(build)/rpc

bench-program: lib
	$(MAKE) -C bench O=$(build)/bench LIBDIR=$(build)/lib

bench:
	@vm/bench

bench-instructions:
	@vm/bench --check

man:
	$(MAKE) -C man O=$(build)/man

selftests: lib
	mkdir -p $(build)/selftests
	$(MAKE) -C selftests KSELFTEST="$$(vm/kselftest)" \
		OUTPUT=$(build)/selftests LIBDIR=$(build)/lib

fuzzer:
	$(MAKE) -C fuzz O=$(build)/fuzz

fuzz:
	@vm/fuzz $(or $(MINUTES),10)

demo:
	@vm/demo

check-debug:
	@STORM_SECONDS=$${STORM_SECONDS:-600} vm/check 6.12-debug

check-race:
	@STORM_SECONDS=$${STORM_SECONDS:-600} vm/check 6.12-race

check-all:
	@vm/check-all

coverage:
	@vm/check 6.12-coverage

check:
	@vm/check

model:
	@vm/setup check
	@model/check

style:
	@vm/setup check
	@tools/style

docs:
	@command -v sphinx-build dot >/dev/null || { \
		echo 'make docs needs python3-sphinx and graphviz' >&2; exit 1; }
	sphinx-build -q -W --keep-going -b html Documentation $(build)/docs
	@echo 'see $(build)/docs/index.html'

install: install-module install-programs

install-module: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install DEPMOD=true \
		$(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) $(UNSIGNED)
	$(if $(DESTDIR),,depmod $(KVER))
	install -D -m 644 etc/udev.rules $(UDEV_RULE)
	install -D -m 644 etc/modules-load.conf \
		$(DESTDIR)$(PREFIX)/share/doc/ipcmbox/modules-load.conf

folders := lib lib/mq lib/sysv lib/rpc cli man bindings/cxx

install-programs: programs
	install -D -m 644 uapi/linux/ipcmbox.h $(UAPI_HEADER)
	for folder in $(folders); do \
		$(MAKE) -C $$folder O=$(build)/$${folder#lib/} LIBDIR=$(build)/lib $(where) \
			install || exit 1; \
	done

uninstall:
	rm -f $(wildcard $(DESTDIR)/lib/modules/$(KVER)/*/ipcmbox.ko*)
	$(if $(DESTDIR),,depmod $(KVER))
	for folder in $(folders); do \
		$(MAKE) -C $$folder O=$(build)/$${folder#lib/} LIBDIR=$(build)/lib $(where) \
			uninstall || exit 1; \
	done
	rm -f $(UAPI_HEADER) $(UDEV_RULE)
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/ipcmbox

# All that Kbuild leaves, whichever kernel it was for.
clean:
	rm -rf build
	find . module -maxdepth 1 -type f \( -name '*.ko' -o -name '*.[ao]' \
		-o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name modules.order -o -name Module.symvers \) -delete

.PHONY: help modules headers lib mq sysv rpc cli programs examples examples-rpc \
	man selftests fuzzer fuzz bench-program bench bench-instructions demo check \
	check-debug check-race check-all coverage model style docs install \
	install-module install-programs uninstall clean
