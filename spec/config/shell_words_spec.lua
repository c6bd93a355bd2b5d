local shell_words = require "glacier.config.shell_words"

-- A text and its words, as Python's shlex.split gives them; nil: it refuses.
local CASES = {
  { "", {} },
  { " \t\r\n", {} },
  { "a", { "a" } },
  { "  profile \t foo\t", { "profile", "foo" } },
  { "profile 'Mike Dev'", { "profile", "Mike Dev" } },
  { 'profile "Mike Dev"', { "profile", "Mike Dev" } },
  { "profile Mike\\ Dev", { "profile", "Mike Dev" } },
  { "M'ik'e\" D\"ev", { "Mike Dev" } },
  { "'' \"\" a", { "", "", "a" } },
  { "a''", { "a" } },
  { "'it\"s'", { 'it"s' } },
  { '"it\'s"', { "it's" } },
  { [["a \"b\" \\ \c"]], { [[a "b" \ \c]] } },
  { [['a \b']], { [[a \b]] } },
  { [[\a\'\"\\]], { [[a'"\]] } },
  { "a#b #c ;d", { "a#b", "#c", ";d" } },
  { "Ren\195\169 \194\160", { "Ren\195\169", "\194\160" } },
  { "\\\195\169", { "\195\169" } },
  { "a\0b \0", { "a\0b", "\0" } },
  { "O'Brien" },
  { 'a "b' },
  { [[a "b\"]] },
  { "a\\" },
  { "'" },
}

describe("shell_words.split", function()
  for _, case in ipairs(CASES) do
    it(("makes words of %q"):format(case[1]), function()
      assert.are.same(case[2], shell_words.split(case[1]))
    end)
  end

  -- Reading these in quadratic time would take minutes.
  it("takes a megabyte, whatever fills it", function()
    local size = 1048576
    assert.are.same({}, shell_words.split((" "):rep(size)))
    assert.are.same({ ("x"):rep(size) }, shell_words.split(("x"):rep(size)))
    assert.are.same({ ("x"):rep(size / 2) }, shell_words.split(("\\x"):rep(size / 2)))
    assert.are.same({ ("\\"):rep(size / 2) }, shell_words.split('"' .. ("\\"):rep(size) .. '"'))
    assert.is_nil(shell_words.split('"' .. ("\\"):rep(size) .. '\\"'))
  end)
end)
