--- Credentials given as the client's `credentials` option, a table.

return {
  name = "credentials option",
  fixed = true,
  ---@param context glacier.CredentialContext
  ---@return table? fields
  load = function(context)
    local given = context.options.credentials
    if type(given) == "table" then
      return given
    end
  end,
}
