--- Credentials given as the client's `credentials` option, a table.

return {
  name = "credentials option",
  ---@param context glacier.CredentialContext
  load = function(context)
    local given = context.options.credentials
    if type(given) == "table" then
      return given
    end
  end,
}
