rockspec_format = "3.0"
package = "lua-glacier"
version = "scm-1"

source = {
  url = "git+https://github.com/lua-glacier/lua-glacier.git",
}

description = {
  summary = "Get data out of Amazon S3 Glacier from any program that embeds Lua",
  detailed = [[
    Starts S3 Glacier jobs: client:initiate_job{...} takes and returns what
    boto3's Glacier.Client.initiate_job does. A C core signs (SigV4, OpenSSL)
    and speaks HTTP (libcurl) without ever blocking by itself.
  ]],
  license = "MIT",
}

dependencies = {
  "lua >= 5.1, < 5.5",
  "lua-cjson >= 2.1.0",
}

external_dependencies = {
  CURL = { library = "curl" },
  CRYPTO = { library = "crypto" },
}

build = {
  type = "builtin",
  modules = {
    ["glacier.core.digest"] = {
      sources = {
        "src/binding/digest.c", "src/binding/arguments.c",
        "src/core/error.c", "src/core/buffer.c", "src/core/crypto.c", "src/core/digest.c",
      },
      libraries = { "crypto", "m" },
      incdirs = { "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CRYPTO_LIBDIR)" },
    },
    ["glacier.core.sigv4"] = {
      sources = {
        "src/binding/sigv4.c", "src/binding/arguments.c",
        "src/core/error.c", "src/core/buffer.c", "src/core/crypto.c", "src/core/digest.c",
        "src/core/canonical.c", "src/core/credentials.c", "src/core/sigv4.c",
      },
      libraries = { "crypto", "m" },
      incdirs = { "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CRYPTO_LIBDIR)" },
    },
    ["glacier.core.http"] = {
      sources = {
        "src/binding/http.c", "src/binding/arguments.c",
        "src/core/error.c", "src/core/buffer.c", "src/core/crypto.c", "src/core/clock.c",
        "src/core/http.c", "src/core/wait.c",
        "src/core/transfer.c", "src/core/request.c", "src/core/proxy.c",
        "src/core/response.c",
      },
      libraries = { "curl", "crypto", "pthread", "m" },
      incdirs = { "$(CURL_INCDIR)", "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)", "$(CRYPTO_LIBDIR)" },
    },
    ["glacier.core.file"] = {
      sources = {
        "src/binding/file.c", "src/binding/arguments.c",
        "src/core/error.c", "src/core/buffer.c", "src/core/file.c",
      },
      libraries = { "crypto", "m" },
      incdirs = { "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CRYPTO_LIBDIR)" },
    },
    ["glacier.core.process"] = {
      sources = {
        "src/binding/process.c", "src/binding/arguments.c",
        "src/core/error.c", "src/core/buffer.c", "src/core/process.c",
      },
      libraries = { "crypto", "m" },
      incdirs = { "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CRYPTO_LIBDIR)" },
    },
    ["glacier.attempt"] = "lua/glacier/attempt.lua",
    ["glacier.call_options"] = "lua/glacier/call_options.lua",
    ["glacier.calls"] = "lua/glacier/calls.lua",
    ["glacier.client"] = "lua/glacier/client.lua",
    ["glacier.clock"] = "lua/glacier/clock.lua",
    ["glacier.config"] = "lua/glacier/config.lua",
    ["glacier.cosocket.exchange"] = "lua/glacier/cosocket/exchange.lua",
    ["glacier.cosocket.reader"] = "lua/glacier/cosocket/reader.lua",
    ["glacier.cosocket.request"] = "lua/glacier/cosocket/request.lua",
    ["glacier.cosocket.response"] = "lua/glacier/cosocket/response.lua",
    ["glacier.cosocket.transport"] = "lua/glacier/cosocket/transport.lua",
    ["glacier.credentials"] = "lua/glacier/credentials/init.lua",
    ["glacier.credentials.assume_role"] = "lua/glacier/credentials/assume_role.lua",
    ["glacier.credentials.callback"] = "lua/glacier/credentials/callback.lua",
    ["glacier.credentials.chain"] = "lua/glacier/credentials/chain.lua",
    ["glacier.credentials.config_file"] = "lua/glacier/credentials/config_file.lua",
    ["glacier.credentials.container"] = "lua/glacier/credentials/container.lua",
    ["glacier.credentials.environment"] = "lua/glacier/credentials/environment.lua",
    ["glacier.credentials.imds"] = "lua/glacier/credentials/imds.lua",
    ["glacier.credentials.process"] = "lua/glacier/credentials/process.lua",
    ["glacier.credentials.refresh"] = "lua/glacier/credentials/refresh.lua",
    ["glacier.credentials.remote"] = "lua/glacier/credentials/remote.lua",
    ["glacier.credentials.shared_credentials_file"] = "lua/glacier/credentials/shared_credentials_file.lua",
    ["glacier.credentials.sso"] = "lua/glacier/credentials/sso.lua",
    ["glacier.credentials.sso_cache"] = "lua/glacier/credentials/sso_cache.lua",
    ["glacier.credentials.static"] = "lua/glacier/credentials/static.lua",
    ["glacier.credentials.sts"] = "lua/glacier/credentials/sts.lua",
    ["glacier.credentials.web_identity"] = "lua/glacier/credentials/web_identity.lua",
    ["glacier.endpoint"] = "lua/glacier/endpoint.lua",
    ["glacier.error_body"] = "lua/glacier/error_body.lua",
    ["glacier.errors"] = "lua/glacier/errors.lua",
    ["glacier.files"] = "lua/glacier/files.lua",
    ["glacier.frame"] = "lua/glacier/frame.lua",
    ["glacier.host.blocking"] = "lua/glacier/host/blocking.lua",
    ["glacier.host.haproxy"] = "lua/glacier/host/haproxy.lua",
    ["glacier.host.love"] = "lua/glacier/host/love.lua",
    ["glacier.host.luv"] = "lua/glacier/host/luv.lua",
    ["glacier.host.openresty"] = "lua/glacier/host/openresty.lua",
    ["glacier.host.openresty_cosocket"] = "lua/glacier/host/openresty_cosocket.lua",
    ["glacier.host.scheduler"] = "lua/glacier/host/scheduler.lua",
    ["glacier.host.waiting"] = "lua/glacier/host/waiting.lua",
    ["glacier.hosts"] = "lua/glacier/hosts.lua",
    ["glacier"] = "lua/glacier/init.lua",
    ["glacier.integers"] = "lua/glacier/integers.lua",
    ["glacier.json"] = "lua/glacier/json.lua",
    ["glacier.ledger"] = "lua/glacier/ledger.lua",
    ["glacier.loggers"] = "lua/glacier/loggers.lua",
    ["glacier.lost"] = "lua/glacier/lost.lua",
    ["glacier.model"] = "lua/glacier/model/init.lua",
    ["glacier.model.archives"] = "lua/glacier/model/archives.lua",
    ["glacier.model.jobs"] = "lua/glacier/model/jobs.lua",
    ["glacier.model.policies"] = "lua/glacier/model/policies.lua",
    ["glacier.model.shapes"] = "lua/glacier/model/shapes.lua",
    ["glacier.model.uploads"] = "lua/glacier/model/uploads.lua",
    ["glacier.model.vaults"] = "lua/glacier/model/vaults.lua",
    ["glacier.options"] = "lua/glacier/options.lua",
    ["glacier.output"] = "lua/glacier/output.lua",
    ["glacier.pagination"] = "lua/glacier/pagination.lua",
    ["glacier.parse"] = "lua/glacier/parse.lua",
    ["glacier.profiles"] = "lua/glacier/profiles.lua",
    ["glacier.protected"] = "lua/glacier/protected.lua",
    ["glacier.proxy"] = "lua/glacier/proxy.lua",
    ["glacier.rate"] = "lua/glacier/rate.lua",
    ["glacier.redact"] = "lua/glacier/redact.lua",
    ["glacier.reconcile"] = "lua/glacier/reconcile.lua",
    ["glacier.retry"] = "lua/glacier/retry.lua",
    ["glacier.route"] = "lua/glacier/route.lua",
    ["glacier.rules"] = "lua/glacier/rules.lua",
    ["glacier.sending"] = "lua/glacier/sending.lua",
    ["glacier.serialize"] = "lua/glacier/serialize.lua",
    ["glacier.settings"] = "lua/glacier/settings.lua",
    ["glacier.shell_words"] = "lua/glacier/shell_words.lua",
    ["glacier.standard"] = "lua/glacier/standard.lua",
    ["glacier.task"] = "lua/glacier/task.lua",
    ["glacier.text"] = "lua/glacier/text.lua",
    ["glacier.timestamp"] = "lua/glacier/timestamp.lua",
    ["glacier.transport"] = "lua/glacier/transport.lua",
    ["glacier.user_agent"] = "lua/glacier/user_agent.lua",
    ["glacier.validate"] = "lua/glacier/validate.lua",
    ["glacier.version"] = "lua/glacier/version.lua",
    ["glacier.waiter"] = "lua/glacier/waiter.lua",
    ["glacier.xml"] = "lua/glacier/xml.lua",
  },
}
