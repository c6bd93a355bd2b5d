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
BINDING_SIGV4 = headers common credentials
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

PROCESSORS = $(shell getconf _NPROCESSORS_ONLN)
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

# What is made for each of them.
EACH = all
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
	  $(MAKE) --no-print-directory LUA_VERSION=$$version $(EACH) || exit 1; \
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

# All that specs use is built before: they run side by side, and two builds of
# one file would spoil each other's.
test: setup-test
	@$(MAKE) --no-print-directory -j $(PROCESSORS) all-luas check-c-build \
	  EACH="all static"
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

include spec/checks.mk bench/bench.mk

# Each file is whole at any moment, as somebody else may be installing it. What
# is for editors alone stays a text. Without a LUA that runs here, as
# where one builds for another machine, all do.
.PHONY: precompiled
precompiled:
	@mkdir -p $(addprefix $(OUT)/precompiled/,$(sort $(dir $(LUA_FILES))))
	@cp lua/glacier/types.lua $(OUT)/precompiled/glacier/types.lua.$$$$ && \
	  mv $(OUT)/precompiled/glacier/types.lua.$$$$ \
	  $(OUT)/precompiled/glacier/types.lua
	@LUA_INIT= $(LUA) src/precompile/precompile.lua $(LUA_VERSION) lua \
	  $(OUT)/precompiled .$$$$ $(EMBEDDED)

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
	@echo uninstalled from $(call quote,$(INSTALL_LUA)), \
	  $(call quote,$(INSTALL_C)) and $(call quote,$(INSTALL_BIN))

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
