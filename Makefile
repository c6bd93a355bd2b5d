# lua-glacier. Settings above the line, rules below.
#
#   make demo      set up, build, start a job against the embedded endpoint
#   make test      set up, build, run all tests
#   make           build for LUA_VERSION
#   make install   PREFIX=... DESTDIR=... LUA_VERSION=...
#   make static    libglacier.a and glacier.h for LUA_VERSION
#   make all-luas  build for every Lua that is installed
#   make types     lua/glacier/types.lua, for editors, out of the model
#   make check-asan  the C modules' specs under AddressSanitizer
#   make lint      luacheck; gcc and clang with all warnings as errors
#   make fuzz      SECONDS=60: so long for each target; TARGET=name: one alone
#   make coverage  how much of src/core and lua/ the specs run
#   make mutants   N=40 SEED=1: edits of lua/ at random that no spec notices
#   make bench     measure

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
CORE_HTTP = $(CORE_BASE) crypto clock http/owner http/socket http/trust \
  http/fields http/proxy http/response http/speed http/receive http/transfer \
  http/request http/watch http/engine http/step http/wait
CORE_FILE = $(CORE_BASE) path file
CORE_INVENTORY = $(CORE_BASE) inventory/row inventory/csv \
  inventory/json_text inventory/json inventory/inventory
CORE_PROCESS = $(CORE_BASE) child process
CORE_DOWNLOAD = $(CORE_FILE_HASH) clock file download/lock_holder \
  download/locked_file download/journal_lines download/journal \
  download/thread download/spool download/part_file download/range \
  download/task download/file_tasks download/hash_task
CORE_ALL = $(sort $(CORE_FILE_HASH) $(CORE_SIGV4) $(CORE_HTTP) $(CORE_FILE) \
  $(CORE_INVENTORY) $(CORE_PROCESS) $(CORE_DOWNLOAD))
# What every module needs.
BINDING_BASE = arguments handle module
BINDING_HTTP = transfer receiver
BINDING_DOWNLOAD = journal part_file range task receiver
MODULES = digest sigv4 http file file_hash inventory process download

BUILD = build
OUT = $(BUILD)/lua$(LUA_VERSION)
CORE_OUT = $(BUILD)/core
SANE_OUT = $(BUILD)/sanitized

INSTALL_LUA = $(DESTDIR)$(PREFIX)/share/lua/$(LUA_VERSION)
INSTALL_C = $(DESTDIR)$(PREFIX)/lib/lua/$(LUA_VERSION)

# ---------------------------------------------------------------------------

STANDARD = -std=c99 $(WARNINGS)
# For those who change the code. A compiler that is yet to come warns of more,
# and no user's build is to fail of that.
STRICT = $(STANDARD) -Werror
SHARED = -fPIC

# A word for the shell, whatever is in it.
quote = '$(subst ','\'',$(1))'

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

.PHONY: all setup setup-test demo test check-c check-lua lint install bench \
  clean
.SECONDARY:

all: $(MODULES:%=$(OUT)/glacier/core/%.so)

$(CORE_OUT)/%.o: src/core/%.c $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(STANDARD) $(SHARED) $(CFLAGS) -c $< -o $@

$(OUT)/%.o: src/binding/%.c $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(STANDARD) $(SHARED) $(LUA_CFLAGS) $(CFLAGS) -c $< -o $@

# Never -llua: Lua's own functions come from the host program.
$(OUT)/glacier/core/digest.so: $(CORE_DIGEST:%=$(CORE_OUT)/%.o)
$(OUT)/glacier/core/digest.so: LIBS = $(CRYPTO_LIBS)
$(OUT)/glacier/core/sigv4.so: $(CORE_SIGV4:%=$(CORE_OUT)/%.o)
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
$(OUT)/glacier/core/download.so: $(CORE_DOWNLOAD:%=$(CORE_OUT)/%.o) \
  $(BINDING_DOWNLOAD:%=$(OUT)/%.o)
$(OUT)/glacier/core/download.so: LIBS = $(CRYPTO_LIBS) -lpthread

$(OUT)/glacier/core/%.so: $(OUT)/%.o $(BINDING_BASE:%=$(OUT)/%.o)
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) $(filter %.o,$^) $(LIBS) -lm -o $@

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
    $(patsubst %,$(OUT)/%.o,$(sort $(BINDING_HTTP) $(BINDING_DOWNLOAD))) \
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

# The modules under the same, in a Lua that knows nothing of it.
ASAN_SPECS = $(filter-out spec/binding/collector_spec.lua, \
    $(shell grep -L '^-- Runs on one Lua' spec/binding/*_spec.lua)) \
  spec/call/loop_spec.lua spec/credentials/process_spec.lua \
  spec/regress/finalizers_spec.lua

.PHONY: check-asan
check-asan:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan \
	  CFLAGS="$(CFLAGS) $(SANITIZE)" LDFLAGS="$(LDFLAGS) $(SANITIZE)" all
	BUILD=$(BUILD)/asan ASAN_OPTIONS=detect_leaks=0 \
	  LD_PRELOAD="$$($(CC) -print-file-name=libasan.so)" \
	  busted --lua=$$(command -v $(LUA)) --output=plainTerminal \
	  --cpath="$(BUILD)/asan/lua$(LUA_VERSION)/?.so" $(ASAN_SPECS)

bench: setup
	@$(MAKE) --no-print-directory all $(BUILD)/bench/baseline \
	  $(BUILD)/bench/server
	@LUA=$(LUA) OUT=$(OUT) sh bench/run.sh

$(BUILD)/bench/%: bench/%.c
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

# check COMPILER FLAGS FILES: no warning anywhere.
define check
@for file in $(3); do \
  $(1) $(STRICT) $(2) -fsyntax-only $$file || exit 1; \
done

endef

lint:
	luacheck --quiet lua spec examples bench src
	$(foreach compiler,gcc clang, \
	  $(call check,$(compiler),,$(wildcard src/core/*.c src/core/*/*.c bench/*.c)) \
	  $(call check,$(compiler),-Isrc/core -Isrc/core/http -Isrc/core/sigv4 -Isrc/core/download -Isrc/core/inventory,$(wildcard spec/core/*.c)) \
	  $(call check,$(compiler),$(LUA_CFLAGS) -Isrc,$(wildcard \
	    src/binding/*.c src/static/*.c examples/*.c spec/support/*.c)) \
	  $(call check,$(compiler),$(LUA_CFLAGS) $(FUZZ_INCLUDES),$(wildcard \
	    spec/fuzz/*.c spec/coverage/*.c)))
	@echo "gcc, clang: no warnings"
	luarocks lint rockspec/lua-glacier-scm-1.rockspec

install: all
	@for file in $(LUA_FILES); do \
	  install -D -m 644 lua/$$file $(call quote,$(INSTALL_LUA))/$$file || \
	    exit 1; \
	done
	@for module in $(MODULES); do \
	  install -D -m 755 $(OUT)/glacier/core/$$module.so \
	    $(call quote,$(INSTALL_C))/glacier/core/$$module.so || exit 1; \
	done
	@echo installed in $(call quote,$(INSTALL_LUA)/glacier) and \
	  $(call quote,$(INSTALL_C)/glacier/core)

clean:
	rm -rf $(BUILD)
