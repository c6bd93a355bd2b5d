# What is measured. Part of the Makefile, whose settings it uses.

# ONLY=start,call runs some sections of bench/sections/ alone.
BENCH_PROGRAMS = floor_sign floor_easy floor_multi floor_link floor_hash \
  spawn server body_server

bench: setup
	@$(MAKE) --no-print-directory all-luas all \
	  $(BENCH_PROGRAMS:%=$(BUILD)/bench/%)
	@LUA=$(LUA) LUA_VERSION=$(LUA_VERSION) OUT=$(OUT) sh bench/run.sh

$(BUILD)/bench/%: bench/programs/%.c $(wildcard bench/programs/*.h) Makefile
	@mkdir -p $(@D)
	$(CC) $(STANDARD) $(CFLAGS) $< $(CURL_LIBS) $(CRYPTO_LIBS) -lpthread -o $@

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
