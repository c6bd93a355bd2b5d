# lua-glacier. Settings above the line, rules below.
#
#   make demo      set up, build, start a job against the embedded endpoint
#   make demo-restore  set up, build, read a whole vault back
#   make test      set up, build, run all tests
#   make           build for LUA_VERSION
#   make install   PREFIX=... DESTDIR=... LUA_VERSION=... PRECOMPILED=yes|no
#   make uninstall what install has put there is taken away, by the same words
#   make static    libglacier.a and glacier.h for LUA_VERSION
#   make all-luas  build for every Lua that is installed
#   make types     lua/glacier/types.lua, for editors, out of the model
#   make doc       pages of all public functions, in build/doc
#   make rockspec  the rockspec of the release, out of the other one
#   make dist      a tarball from which all of this builds
#   make deb       Debian packages, in build/deb; as root, make check-deb
#                  installs, tries and removes them in a fresh Debian
#   make check     lint, and all of these, each alone by its name:
#   make check-asan      the whole suite under AddressSanitizer and UBSan
#   make check-alloc     allocation n fails, for every n
#   make check-gc        specs under a collector that never rests
#   make check-threads   the C tests and many Lua states under ThreadSanitizer
#   make check-valgrind  C tests, and specs, under valgrind
#   make lint      luacheck; gcc and clang with all warnings as errors, cppcheck,
#                  clang-tidy (.ci/lint)
#   make fuzz      SECONDS=60: so long for each target; TARGET=name: one alone
#   make coverage  how much of src/core and lua/ the specs run
#   make mutants   N=40 SEED=1: edits of lua/ at random that no spec notices
#   make bench     measure; ONLY=start,call: some sections
#   make bench-check  count instructions, against those kept in bench/
#   make bench-peers  fetch what npm has to compare with

LUA_VERSION = 5.4
# Those that the tests run on; jit is LuaJIT, with what is built for 5.1.
LUA_VERSIONS = 5.4 5.3 5.2 5.1 jit
PREFIX = /usr/local
DESTDIR =

CC = gcc
OBJCOPY = objcopy
CFLAGS = -O2 -g
WARNINGS = -Wall -Wextra -Wconversion -Wshadow
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all \
  -fno-omit-frame-pointer

# Lua goes by other names elsewhere: lua5.4, lua-5.4, lua54, or lua alone.
PKG_CONFIG = pkg-config
LUA_NAMES = lua$(1) lua-$(1) lua$(subst .,,$(1))
LUA_PACKAGE = $(or $(call find_package,$(LUA_VERSION)),lua$(LUA_VERSION))
LUA_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(LUA_PACKAGE))
LUA = $(or $(call find_program,$(LUA_VERSION)),lua$(LUA_VERSION))
CURL_LIBS = -lcurl
CRYPTO_LIBS = -lcrypto

# One object list a floor.
CORE_BASE = error buffer
CORE_DIGEST = $(CORE_BASE) crypto tree_hash digest
CORE_FILE_HASH = $(CORE_BASE) crypto tree_hash path threads file_hash \
  hashed_file
CORE_SIGV4 = $(CORE_DIGEST) sigv4/canonical sigv4/credentials sigv4/sigv4
CORE_HTTP = $(CORE_BASE) crypto clock http/owner http/index http/socket \
  http/trust http/due http/fields http/setup http/profile http/blank \
  http/easy http/proxy http/response http/speed http/receive http/transfer \
  http/callbacks http/request http/kept_set http/watch http/engine \
  http/step http/wait
CORE_FILE = $(CORE_BASE) path file
CORE_INVENTORY = $(CORE_BASE) inventory/row inventory/csv \
  inventory/json_text inventory/json inventory/inventory
CORE_PROCESS = $(CORE_BASE) child process
CORE_FOLDER = $(CORE_BASE) path folder
CORE_SIGNALS = $(CORE_BASE) signals
CORE_DOWNLOAD = $(CORE_FILE_HASH) clock file download/lock_holder \
  download/locked_file download/journal_lines download/journal \
  download/thread download/spool download/part_file download/range \
  download/task download/file_tasks download/hash_task
CORE_ALL = $(sort $(CORE_FILE_HASH) $(CORE_SIGV4) $(CORE_HTTP) $(CORE_FILE) \
  $(CORE_INVENTORY) $(CORE_PROCESS) $(CORE_FOLDER) $(CORE_SIGNALS) \
  $(CORE_DOWNLOAD))
# What every module needs.
BINDING_BASE = arguments handle module
BINDING_SIGV4 = headers
BINDING_HTTP = transfer receiver headers
BINDING_DOWNLOAD = journal part_file range task receiver
MODULES = digest sigv4 http file file_hash folder inventory process signals \
  download

BUILD = build
OUT = $(BUILD)/lua$(LUA_VERSION)
CORE_OUT = $(BUILD)/core
SANE_OUT = $(BUILD)/sanitized

# Whether the Lua files are installed as LUA reads them fastest, and not as
# texts: a program starts in about half the time, and a traceback of it names no
# lines. 5.1 and LuaJIT share a folder, and neither reads the other's form.
PRECOMPILED = $(if $(filter 5.1,$(LUA_VERSION)),no,yes)

INSTALL_LUA = $(DESTDIR)$(PREFIX)/share/lua/$(LUA_VERSION)
INSTALL_C = $(DESTDIR)$(PREFIX)/lib/lua/$(LUA_VERSION)
INSTALL_BIN = $(DESTDIR)$(PREFIX)/bin

# ---------------------------------------------------------------------------

STANDARD = -std=c99 $(WARNINGS)
# For those who change the code. A compiler that is yet to come warns of more,
# and no user's build is to fail of that.
STRICT = $(STANDARD) -Werror
SHARED = -fPIC -fvisibility=hidden $(HARDEN)

# A word for the shell, whatever is in it.
quote = '$(subst ','\'',$(1))'

# What makes a fault of memory stop the process rather than serve an attacker:
# as much of it as the compiler and the linker know. HARDEN= and HARDEN_LINK=
# leave it out.
HARDEN = $(call once,HARDEN,-fstack-protector-strong $(FORTIFY))
HARDEN_LINK = $(call once,HARDEN_LINK,$(addprefix -Wl$(comma)-z$(comma),\
  relro now))

# glibc's checks need an optimizer, and are not asked for twice: a distribution
# may have set them, in CFLAGS or in the compiler.
FORTIFY = $(if $(is_optimized),$(if $(is_fortified),,-D_FORTIFY_SOURCE=2))
is_optimized = $(filter-out -O0,$(filter -O%,$(CFLAGS)))
is_fortified = $(findstring _FORTIFY_SOURCE,$(CC) $(CFLAGS) $(shell \
  echo | $(CC) $(CFLAGS) -dM -E -x c - 2>/dev/null))

# once VARIABLE,FLAGS: those of the flags with which a file compiles and links
# without a word, found out when they are first asked for.
once = $(eval $(1) := $(strip $(foreach flag,$(2),$(shell \
  echo 'int f(void); int f(void) { return 0; }' | \
    $(CC) -Werror -O2 $(flag) -fPIC -shared -x c - -o /dev/null 2>/dev/null \
    && echo $(flag)))))$($(1))
comma = ,

# What pkg-config calls the Lua of a version; nothing where there is none. Of
# "lua" alone only its own word tells the version.
find_package = $(shell \
  for name in $(LUA_NAMES); do \
    $(PKG_CONFIG) --exists $$name 2>/dev/null && echo $$name && exit; \
  done; \
  case $$($(PKG_CONFIG) --modversion lua 2>/dev/null) in \
    ($(1)|$(1).*) echo lua ;; \
  esac)

find_program = $(shell \
  for name in $(LUA_NAMES) lua; do command -v $$name && exit; done)

LUA_FILES = $(patsubst lua/%,%,$(shell find lua -name '*.lua'))
CORE_TESTS = $(patsubst spec/core/%_test.c,%,$(wildcard spec/core/*_test.c))
HEADERS = $(wildcard src/core/*.h src/core/*/*.h src/binding/*.h)

.PHONY: all setup setup-test setup-check demo test check-c check-lua lint install bench \
  clean
.SECONDARY:

all: $(MODULES:%=$(OUT)/glacier/core/%.so)

$(CORE_OUT)/%.o: src/core/%.c $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(STANDARD) $(SHARED) $(CFLAGS) -c $< -o $@

# Said before the compiler says it in its own way.
.PHONY: has-lua
has-lua:
	@if [ -z "$(LUA_CFLAGS)$(call find_package,$(LUA_VERSION))" ]; then \
	  echo "$(PKG_CONFIG) knows no Lua $(LUA_VERSION): its headers are missing" \
	    "(Debian: liblua$(if $(filter 5.1,$(LUA_VERSION)),5.1-0,$(LUA_VERSION))-dev)," \
	    "or give LUA_CFLAGS" >&2; \
	  exit 1; \
	fi

$(OUT)/%.o: src/binding/%.c $(HEADERS) Makefile | has-lua
	@mkdir -p $(@D)
	$(CC) $(STANDARD) $(SHARED) $(LUA_CFLAGS) $(CFLAGS) -c $< -o $@

# Never -llua: Lua's own functions come from the host program.
$(OUT)/glacier/core/digest.so: $(CORE_DIGEST:%=$(CORE_OUT)/%.o)
$(OUT)/glacier/core/digest.so: LIBS = $(CRYPTO_LIBS)
$(OUT)/glacier/core/sigv4.so: $(CORE_SIGV4:%=$(CORE_OUT)/%.o) \
  $(BINDING_SIGV4:%=$(OUT)/%.o)
$(OUT)/glacier/core/sigv4.so: LIBS = $(CRYPTO_LIBS)
$(OUT)/glacier/core/http.so: $(CORE_HTTP:%=$(CORE_OUT)/%.o) \
  $(BINDING_HTTP:%=$(OUT)/%.o)
$(OUT)/glacier/core/http.so: LIBS = $(CURL_LIBS) $(CRYPTO_LIBS) -lpthread
$(OUT)/glacier/core/file.so: $(CORE_FILE:%=$(CORE_OUT)/%.o)
$(OUT)/glacier/core/file.so: LIBS = $(CRYPTO_LIBS)
$(OUT)/glacier/core/file_hash.so: $(CORE_FILE_HASH:%=$(CORE_OUT)/%.o)
$(OUT)/glacier/core/file_hash.so: LIBS = $(CRYPTO_LIBS) -lpthread
$(OUT)/glacier/core/inventory.so: $(CORE_INVENTORY:%=$(CORE_OUT)/%.o)
$(OUT)/glacier/core/inventory.so: LIBS = $(CRYPTO_LIBS)
$(OUT)/glacier/core/process.so: $(CORE_PROCESS:%=$(CORE_OUT)/%.o)
$(OUT)/glacier/core/process.so: LIBS = $(CRYPTO_LIBS)
$(OUT)/glacier/core/folder.so: $(CORE_FOLDER:%=$(CORE_OUT)/%.o)
$(OUT)/glacier/core/folder.so: LIBS = $(CRYPTO_LIBS)
$(OUT)/glacier/core/signals.so: $(CORE_SIGNALS:%=$(CORE_OUT)/%.o)
$(OUT)/glacier/core/signals.so: LIBS = $(CRYPTO_LIBS) -lpthread
$(OUT)/glacier/core/download.so: $(CORE_DOWNLOAD:%=$(CORE_OUT)/%.o) \
  $(BINDING_DOWNLOAD:%=$(OUT)/%.o)
$(OUT)/glacier/core/download.so: LIBS = $(CRYPTO_LIBS) -lpthread

$(OUT)/glacier/core/%.so: $(OUT)/%.o $(BINDING_BASE:%=$(OUT)/%.o)
	@mkdir -p $(@D)
	$(CC) -shared $(HARDEN_LINK) $(LDFLAGS) $(filter %.o,$^) $(LIBS) -lm \
	  -o $@

# The archive has one member, in which all names are local but luaopen_*.
.PHONY: static
static: $(OUT)/libglacier.a $(OUT)/glacier.h

# What is for editors alone is no part of a program.
EMBEDDED = $(filter-out glacier/types.lua,$(LUA_FILES))

$(BUILD)/embed/files.c: src/embed/embed.sh $(EMBEDDED:%=lua/%) Makefile
	@mkdir -p $(@D)
	sh src/embed/embed.sh lua $(sort $(EMBEDDED)) >$@.new
	mv $@.new $@

$(BUILD)/embed/files.o: $(BUILD)/embed/files.c src/static/files.h
	$(CC) $(STANDARD) $(SHARED) $(CFLAGS) -Isrc/static -c $< -o $@

$(OUT)/static.o: src/static/static.c src/static/files.h src/glacier.h \
    $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(STANDARD) $(SHARED) $(LUA_CFLAGS) $(CFLAGS) -c $< -o $@

$(OUT)/libglacier.a: $(OUT)/static.o $(BUILD)/embed/files.o \
    $(BINDING_BASE:%=$(OUT)/%.o) $(MODULES:%=$(OUT)/%.o) \
    $(patsubst %,$(OUT)/%.o,$(sort $(BINDING_SIGV4) $(BINDING_HTTP) \
      $(BINDING_DOWNLOAD))) \
    $(CORE_ALL:%=$(CORE_OUT)/%.o)
	$(CC) -r -nostdlib $^ -o $(OUT)/libglacier.o
	$(OBJCOPY) --wildcard --keep-global-symbol='luaopen_glacier*' \
	  $(OUT)/libglacier.o
	rm -f $@
	$(AR) rcs $@ $(OUT)/libglacier.o

$(OUT)/glacier.h: src/glacier.h
	@mkdir -p $(@D)
	cp $< $@

.PHONY: all-luas
all-luas:
	@found="$(strip $(foreach version,5.1 5.2 5.3 5.4, \
	  $(if $(call find_package,$(version)),$(version))))"; \
	if [ -z "$$found" ]; then \
	  echo "$(PKG_CONFIG) knows no Lua from 5.1 to 5.4: neither" \
	    "$(call LUA_NAMES,5.4) and so on, nor lua" >&2; \
	  exit 1; \
	fi; \
	for version in $$found; do \
	  $(MAKE) --no-print-directory LUA_VERSION=$$version all || exit 1; \
	done

.PHONY: types
types:
	LUA_PATH='lua/?.lua;lua/?/init.lua' $(LUA) -e \
	  'io.write(dofile("src/types/generate.lua")())' >lua/glacier/types.lua.new
	mv lua/glacier/types.lua.new lua/glacier/types.lua

# What the targets below need beyond a compiler and make.
setup:
	@sh .ci/setup build

setup-test:
	@sh .ci/setup build test

setup-check:
	@sh .ci/setup build test check

# Reads a whole vault back, by four processes.
.PHONY: demo-restore setup-restore
setup-restore:
	@sh .ci/setup build restore

demo-restore: setup-restore
	@$(MAKE) --no-print-directory all
	@LUA=$(LUA) OUT=$(OUT) sh spec/support/demo_restore.sh

demo: setup
	@$(MAKE) --no-print-directory all
	@LUA=$(LUA) OUT=$(OUT) sh spec/support/demo.sh

test: setup-test
	@$(MAKE) --no-print-directory all-luas check-c-build
	@LUA_VERSIONS="$(LUA_VERSIONS)" sh spec/support/run.sh

# The C core alone, under AddressSanitizer and UBSan, one program a file.
.PHONY: check-c-build
check-c-build: $(CORE_TESTS:%=$(SANE_OUT)/%_test)

$(SANE_OUT)/%.o: src/core/%.c $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(SANITIZE) $(CFLAGS) -c $< -o $@

$(SANE_OUT)/%_test: spec/core/%_test.c $(wildcard spec/core/*.h) \
    $(CORE_ALL:%=$(SANE_OUT)/%.o)
	$(CC) $(STRICT) $(SANITIZE) $(CFLAGS) -Isrc/core -Isrc/core/http \
	  -Isrc/core/sigv4 -Isrc/core/download -Isrc/core/inventory $< \
	  -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free$(WRAPPED) \
	  $(filter %.o,$^) $(CURL_LIBS) $(CRYPTO_LIBS) -lpthread -lm -o $@

# Calls of the system that one test makes fail.
$(SANE_OUT)/download_system_test: WRAPPED = ,--wrap=write,--wrap=pwrite$(\
  ),--wrap=fsync,--wrap=rename,--wrap=ftruncate,--wrap=fallocate$(\
  ),--wrap=flock,--wrap=link,--wrap=pthread_create

# The checks, each by its name; how long each takes stands above.
.PHONY: check check-asan check-alloc check-gc check-threads check-valgrind

check:
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory check-alloc
	@$(MAKE) --no-print-directory check-gc
	@$(MAKE) --no-print-directory check-threads
	@$(MAKE) --no-print-directory check-valgrind
	@$(MAKE) --no-print-directory check-asan

check-asan: setup-test
	@CC="$(CC)" SANITIZE="$(SANITIZE)" LUA_VERSIONS="$(LUA_VERSION)" \
	  sh spec/support/asan.sh

# The programs of the C core in which allocations fail, and the same around the
# modules: under AddressSanitizer, so that what is not freed then is seen.
ALLOC_TESTS = $(patsubst spec/core/%.c,$(SANE_OUT)/%,\
  $(shell grep -l faults_arm spec/core/*_test.c))
check-alloc: setup-test
	@$(MAKE) --no-print-directory $(ALLOC_TESTS)
	@for test in $(ALLOC_TESTS); do $$test || exit 1; done
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/alloc \
	  CFLAGS="-O1 -g $(SANITIZE)" LDFLAGS="$(SANITIZE)" HARDEN= HARDEN_LINK= \
	  static >/dev/null
	@BUILD=$(BUILD)/alloc SANITIZE="$(SANITIZE)" $(call run_checks,\
	  spec/memory/alloc_check.lua)

# run_specs FILES, run_checks FILES: of the suite, and those that are not.
# busted_by LUA,FILES: the same on some program that is a Lua.
busted_by = env -u AWS_CA_BUNDLE -u REQUESTS_CA_BUNDLE \
  busted --lua=$(1) --output=plainTerminal --cpath="$(OUT)/?.so" $(2) </dev/null
run_specs = $(call busted_by,$$(command -v $(LUA)),$(1))
run_checks = $(call run_specs,--pattern=_check $(1))

# The rooms in which objects of C are made and left.
GC_SPECS = spec/binding/digest_spec.lua spec/binding/sigv4_spec.lua \
  spec/binding/http_spec.lua spec/binding/inventory_spec.lua \
  spec/binding/process_spec.lua $(wildcard spec/binding/download_*_spec.lua) \
  spec/call/loop_spec.lua spec/call/output_spec.lua spec/transport \
  spec/client/pagination_spec.lua
check-gc: setup-test
	@$(MAKE) --no-print-directory all
	@$(call run_specs,--helper=spec/support/eager_collector.lua $(GC_SPECS))
	@case $(LUA_VERSION) in (5.4) GC_MODE=generational $(call run_specs,\
	  --helper=spec/support/eager_collector.lua $(GC_SPECS)) ;; esac

# ThreadSanitizer knows of no order that a library which was not built for it
# makes by other means than locks: it looks at our own code alone.
TSAN = -fsanitize=thread
TSAN_TESTS = $(CORE_TESTS:%=$(BUILD)/tsan/sanitized/%_test)
check-threads: setup-test
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan SANITIZE="$(TSAN)" \
	  CFLAGS="-O1 -g" check-c-build >/dev/null
	@for test in $(TSAN_TESTS); do \
	  TSAN_OPTIONS=ignore_noninstrumented_modules=1 $$test || exit 1; \
	done
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan LDFLAGS="$(TSAN)" \
	  CFLAGS="-O1 -g $(TSAN)" HARDEN= HARDEN_LINK= all >/dev/null
	@$(MAKE) --no-print-directory all
	@TSAN_OPTIONS=ignore_noninstrumented_modules=1 BUILD=$(BUILD)/tsan \
	  SANITIZE="$(TSAN)" $(call run_specs,spec/binding/threads_spec.lua)

# Those that end with no thread at work (what it holds would be called lost),
# and in which nothing has to happen in time: valgrind is slower by far.
VALGRIND_TESTS = buffer child credentials error error_queue http_bound \
  http_memory http_response signing_key download_memory
VALGRIND = valgrind -q --error-exitcode=9 --leak-check=full \
  --show-leak-kinds=definite --errors-for-leak-kinds=definite
VALGRIND_SPECS = spec/binding/sigv4_spec.lua spec/binding/digest_spec.lua \
  spec/binding/folder_spec.lua spec/binding/inventory_spec.lua
check-valgrind: setup-test
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/valgrind SANITIZE= \
	  CFLAGS="-O1 -g" check-c-build >/dev/null
	@for test in $(VALGRIND_TESTS); do \
	  $(VALGRIND) $(BUILD)/valgrind/sanitized/$${test}_test || exit 1; \
	done
	@$(MAKE) --no-print-directory all
	@$(call run_specs,spec/binding/collector_spec.lua)
	@VALGRIND_LUA=$$(command -v $(LUA)) \
	  $(call busted_by,$(CURDIR)/spec/support/valgrind.sh,$(VALGRIND_SPECS))

# ONLY=start,call runs some sections of bench/sections/ alone.
BENCH_PROGRAMS = floor_sign floor_easy floor_multi floor_link spawn server \
  body_server

bench: setup
	@$(MAKE) --no-print-directory all-luas all \
	  $(BENCH_PROGRAMS:%=$(BUILD)/bench/%)
	@LUA=$(LUA) LUA_VERSION=$(LUA_VERSION) OUT=$(OUT) sh bench/run.sh

$(BUILD)/bench/%: bench/programs/%.c $(wildcard bench/programs/*.h) Makefile
	@mkdir -p $(@D)
	$(CC) $(STANDARD) $(CFLAGS) $< $(CURL_LIBS) $(CRYPTO_LIBS) -lpthread -o $@

# Inputs made by libFuzzer, of clang: of the C core in a program a file, of what
# is written in Lua in one program that runs each of spec/fuzz/targets/.
SECONDS = 60
FUZZ_OUT = $(BUILD)/fuzz
FUZZ_CC = clang $(STANDARD) -g -O1 -fno-omit-frame-pointer \
  -fno-sanitize-recover=all
FUZZ_COMMON = -fsanitize=address,undefined
FUZZ_INCLUDES = -Ispec/fuzz -Isrc/core -Isrc/core/http -Isrc/core/sigv4 \
  -Isrc/core/download -Isrc/core/inventory
FUZZ_PROGRAMS = $(patsubst spec/fuzz/%_fuzz.c,%,$(wildcard spec/fuzz/*_fuzz.c))
FUZZ_BINDING = $(sort $(BINDING_BASE) $(MODULES) $(BINDING_HTTP) \
  $(BINDING_DOWNLOAD))

.PHONY: fuzz fuzz-build
fuzz:
	@sh .ci/setup build fuzz
	@$(MAKE) --no-print-directory fuzz-build
	@OUT=$(FUZZ_OUT) SECONDS_EACH=$(SECONDS) sh spec/fuzz/run.sh $(TARGET)

fuzz-build: $(FUZZ_PROGRAMS:%=$(FUZZ_OUT)/%_fuzz)

$(FUZZ_OUT)/core/%.o: src/core/%.c $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_COMMON),fuzzer-no-link -c $< -o $@

$(FUZZ_OUT)/binding/%.o: src/binding/%.c $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_COMMON),fuzzer-no-link $(LUA_CFLAGS) -c $< -o $@

# The system's modules for Lua look for Lua's functions in the program.
$(FUZZ_OUT)/lua_fuzz: $(FUZZ_BINDING:%=$(FUZZ_OUT)/binding/%.o)
$(FUZZ_OUT)/lua_fuzz: LIBS = $(LUA_CFLAGS) -rdynamic \
  $(shell $(PKG_CONFIG) --libs $(LUA_PACKAGE))

$(FUZZ_OUT)/%_fuzz: spec/fuzz/%_fuzz.c spec/fuzz/fuzz.h \
    $(CORE_ALL:%=$(FUZZ_OUT)/core/%.o)
	$(FUZZ_CC) $(FUZZ_COMMON),fuzzer $(FUZZ_INCLUDES) $< $(filter %.o,$^) \
	  $(LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) -lpthread -lm -o $@

# What is counted is built apart, without optimization; the core twice, as the
# tests' and as the modules'.
COVERAGE_OUT = $(BUILD)/coverage

.PHONY: coverage
coverage: setup-test
	@$(MAKE) --no-print-directory BUILD=$(COVERAGE_OUT) LUA_VERSION=5.4 \
	  CFLAGS="-O0 -g --coverage" LDFLAGS=--coverage SANITIZE= \
	  all check-c-build $(COVERAGE_OUT)/lines.so
	@OUT=$(CURDIR)/$(COVERAGE_OUT) LUA=$$(command -v $(call find_program,5.4)) \
	  sh spec/coverage/run.sh

$(BUILD)/lines.so: spec/coverage/lines.c
	$(CC) $(STRICT) $(SHARED) $(LUA_CFLAGS) -O2 -shared $< -o $@

# Whether the specs notice edits of the sources: N of them, chosen by SEED.
N = 40
SEED = 1

.PHONY: mutants
mutants: setup-test
	@$(MAKE) --no-print-directory all
	@$(LUA) spec/support/mutants.lua $(N) $(SEED) "$$(command -v $(LUA))" \
	  '$(OUT)/?.so'

# Instructions against those in bench/instructions.txt; UPDATE=yes renews it.
.PHONY: bench-check
bench-check: setup-test
	@$(MAKE) --no-print-directory all $(BUILD)/bench/server \
	  $(BUILD)/bench/body_server $(BUILD)/bench/fixed_time.so
	@LUA=$(LUA) LUA_VERSION=$(LUA_VERSION) OUT=$(OUT) sh bench/check.sh

$(BUILD)/bench/fixed_time.so: bench/programs/fixed_time.c Makefile
	@mkdir -p $(@D)
	$(CC) $(STANDARD) $(CFLAGS) $(SHARED) -shared $< -o $@

# What npm has to be compared with; boto3 is Debian's python3-boto3.
.PHONY: bench-peers
bench-peers:
	mkdir -p $(BUILD)/bench/peers
	cd $(BUILD)/bench/peers && npm install --no-audit --no-fund --no-save \
	  aws4 @aws-sdk/client-glacier

lint: setup-check
	@STRICT="$(STRICT)" LUA_CFLAGS="$(LUA_CFLAGS)" sh .ci/lint

# What is for editors alone stays a text. Without a LUA that runs here, as
# where one builds for another machine, all do.
.PHONY: precompiled
precompiled:
	@rm -rf $(OUT)/precompiled
	@mkdir -p $(addprefix $(OUT)/precompiled/,$(sort $(dir $(LUA_FILES))))
	@cp lua/glacier/types.lua $(OUT)/precompiled/glacier/types.lua
	@LUA_INIT= $(LUA) src/precompile/precompile.lua $(LUA_VERSION) lua \
	  $(OUT)/precompiled $(EMBEDDED)

install: all
	@from=lua; \
	if [ $(PRECOMPILED) = yes ]; then \
	  if $(MAKE) --no-print-directory precompiled >/dev/null 2>&1; then \
	    from=$(OUT)/precompiled; \
	  else \
	    echo "there is no lua$(LUA_VERSION) that could precompile: texts are" \
	      "installed (\`make precompiled\` says more)" >&2; \
	  fi; \
	fi; \
	for file in $(LUA_FILES); do \
	  install -D -m 644 $$from/$$file $(call quote,$(INSTALL_LUA))/$$file || \
	    exit 1; \
	done
	@for module in $(MODULES); do \
	  install -D -m 755 $(OUT)/glacier/core/$$module.so \
	    $(call quote,$(INSTALL_C))/glacier/core/$$module.so || exit 1; \
	done
	@mkdir -p $(call quote,$(INSTALL_BIN))
	@LUA=$(call quote,$(LUA)) LUA_VERSION=$(LUA_VERSION) \
	  PREFIX=$(call quote,$(PREFIX)) sh bin/install.sh bin/glacier-restore \
	  $(call quote,$(INSTALL_BIN))
	@echo installed in $(call quote,$(INSTALL_LUA)/glacier), \
	  $(call quote,$(INSTALL_C)/glacier/core) and $(call quote,$(INSTALL_BIN))

# No more than install has put there, and folders that are empty then.
.PHONY: uninstall
uninstall:
	@for file in $(LUA_FILES); do \
	  rm -f $(call quote,$(INSTALL_LUA))/$$file || exit 1; \
	done
	@for module in $(MODULES); do \
	  rm -f $(call quote,$(INSTALL_C))/glacier/core/$$module.so || exit 1; \
	done
	@rm -f $(call quote,$(INSTALL_BIN))/glacier-restore
	@for folder in $(call quote,$(INSTALL_LUA)) $(call quote,$(INSTALL_C)); do \
	  if [ -d "$$folder/glacier" ]; then \
	    find "$$folder/glacier" -depth -type d -empty -delete || exit 1; \
	  fi; \
	done
	@echo uninstalled from $(call quote,$(INSTALL_LUA)) and \
	  $(call quote,$(INSTALL_C))

# Releases: the version stands in lua/glacier/version.lua.
VERSION = $(shell sed -n 's/^return "\(.*\)"$$/\1/p' lua/glacier/version.lua)
ROCKSPEC = rockspec/lua-glacier-$(VERSION)-1.rockspec

.PHONY: dist deb check-deb rockspec doc
dist:
	@BUILD=$(BUILD) sh .ci/dist

deb: dist
	@sh .ci/setup build deb
	@BUILD=$(BUILD) sh .ci/deb

check-deb: deb
	@BUILD=$(BUILD) sh .ci/check-deb

rockspec:
	sed -e 's/^version = .*/version = "$(VERSION)-1"/' \
	  -e 's/^\( *\)url = "git.*/&\n\1tag = "v$(VERSION)",/' \
	  rockspec/lua-glacier-scm-1.rockspec >$(ROCKSPEC)

# The pages of LDoc. What is public and says nothing of itself is an error.
doc: setup
	@sh .ci/setup doc
	@$(MAKE) --no-print-directory all
	@rm -rf $(BUILD)/ldoc $(BUILD)/doc
	@mkdir -p $(BUILD)/ldoc
	@LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='$(OUT)/?.so;;' $(LUA) -e \
	  'dofile("src/types/pages.lua").write("$(BUILD)/ldoc")'
	@ldoc --quiet --fatalwarnings --config src/types/config.ld \
	  --dir $(BUILD)/doc $(BUILD)/ldoc
	@echo "the pages begin with $(BUILD)/doc/index.html"

clean:
	rm -rf $(BUILD)
