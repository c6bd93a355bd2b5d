# The checks beyond the specs. Part of the Makefile, whose settings it uses.

# The checks, each by its name; how long each takes stands above.
.PHONY: check check-asan check-alloc check-gc check-threads check-valgrind

check:
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory check-alloc
	@$(MAKE) --no-print-directory check-gc
	@$(MAKE) --no-print-directory check-threads
	@$(MAKE) --no-print-directory check-valgrind
	@$(MAKE) --no-print-directory check-asan

# ASAN_FOLDERS=: the whole suite.
ASAN_FOLDERS =
check-asan: setup-test
	@CC="$(CC)" SANITIZE="$(SANITIZE)" LUA_VERSIONS="$(LUA_VERSION)" \
	  FOLDERS="$(ASAN_FOLDERS)" sh spec/support/asan.sh

# What CI has the time for: where C is at work.
.PHONY: check-asan-core
check-asan-core:
	@$(MAKE) --no-print-directory check-asan \
	  ASAN_FOLDERS="binding call client host job regress transport"

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

# Those in which memory, threads and forked children are at work. The others do
# the same by the thousand, or compare what happens in time: valgrind is slower
# by far, and AddressSanitizer has them in `make test`.
VALGRIND_TESTS = buffer child credentials error error_queue http_bound \
  http_memory http_response signing_key download_memory download_system \
  file_hash http_cancel http_connection http_proxy
VALGRIND = valgrind -q --error-exitcode=9 --leak-check=full \
  --show-leak-kinds=definite --errors-for-leak-kinds=definite
VALGRIND_SPECS = spec/binding/sigv4_spec.lua spec/binding/digest_spec.lua \
  spec/binding/folder_spec.lua spec/binding/inventory_spec.lua
check-valgrind: setup-test
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/valgrind SANITIZE= \
	  CFLAGS="-O1 -g -DUNDER_VALGRIND" check-c-build >/dev/null
	@for test in $(VALGRIND_TESTS); do \
	  $(VALGRIND) $(BUILD)/valgrind/sanitized/$${test}_test || exit 1; \
	done
	@$(MAKE) --no-print-directory all
	@$(call run_specs,spec/binding/collector_spec.lua)
	@VALGRIND_LUA=$$(command -v $(LUA)) \
	  $(call busted_by,$(CURDIR)/spec/support/valgrind.sh,$(VALGRIND_SPECS))

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
FUZZ_BINDING = $(sort $(BINDING_BASE) $(MODULES) $(BINDING_SIGV4) \
  $(BINDING_HTTP) $(BINDING_DOWNLOAD))

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
# tests' and as the modules'. Lines of Lua are counted on 5.4, and in the programs
# with Lua 5.1 or LuaJIT that specs start.
COVERAGE_OUT = $(BUILD)/coverage

.PHONY: coverage
coverage: setup-test
	@$(MAKE) --no-print-directory BUILD=$(COVERAGE_OUT) LUA_VERSION=5.4 \
	  CFLAGS="-O0 -g --coverage" LDFLAGS=--coverage SANITIZE= \
	  all check-c-build $(COVERAGE_OUT)/lua5.4/lines.so >/dev/null
	@$(MAKE) --no-print-directory LUA_VERSION=5.1 \
	  $(COVERAGE_OUT)/lua5.1/lines.so >/dev/null
	@$(MAKE) --no-print-directory all-luas >/dev/null
	@OUT=$(CURDIR)/$(COVERAGE_OUT) LUA=$$(command -v $(call find_program,5.4)) \
	  sh spec/coverage/run.sh

%/lines.so: spec/coverage/lines.c
	@mkdir -p $(@D)
	$(CC) $(STANDARD) $(WARNINGS) $(SHARED) $(LUA_CFLAGS) -O2 -shared $< -o $@

# Whether the specs notice edits of the sources: N of them, chosen by SEED. Which
# specs run a line is known from `make coverage`, which is made where it is missing.
N = 40
SEED = 1

.PHONY: mutants
mutants: setup-test
	@$(MAKE) --no-print-directory all
	@[ -d $(COVERAGE_OUT)/counted ] || $(MAKE) --no-print-directory coverage ||\
	  [ -d $(COVERAGE_OUT)/counted ]
	@$(LUA) spec/support/mutants.lua $(N) $(SEED) "$$(command -v $(LUA))" \
	  '$(OUT)/?.so' $(COVERAGE_OUT)

lint: setup-check
	@STRICT="$(STRICT)" LUA_CFLAGS="$(LUA_CFLAGS)" sh .ci/lint
