local glacier = require "glacier"

local archive_name = glacier.archive_name

-- By Python 3: base64.urlsafe_b64encode, str.encode("utf-7").
local CASES = {
  -- mt-aws-glacier
  { 'mt2 eyJmaWxlbmFtZSI6ImEvYi5iaW4iLCJtdGltZSI6IjIwMTMwMTAxVDAwMDAwMFoifQ', "a/b.bin", "mt-aws-glacier" },
  { 'mt2 eyJmaWxlbmFtZSI6ImEvYi5iaW4iLCJtdGltZSI6IjIwMTMwMTAxVDAwMDAwMFoifQ==', "a/b.bin", "mt-aws-glacier" },
  -- {"filename": "фото/é.jpg"}, once and twice
  { "mt2 eyJmaWxlbmFtZSI6ItGE0L7RgtC-L8OpLmpwZyJ9", "фото/é.jpg", "mt-aws-glacier" },
  { "mt1 eyJmaWxlbmFtZSI6IsORwoTDkMK-w5HCgsOQwr4vw4PCqS5qcGcifQ", "фото/é.jpg", "mt-aws-glacier" },
  { "mt1 eyJmaWxlbmFtZSI6ItGE0L7RgtC-L8OpLmpwZyJ9", "фото/é.jpg", "mt-aws-glacier" },
  { "mt1 eyJmaWxlbmFtZSI6ICJkL2YuYmluIn0", "d/f.bin", "mt-aws-glacier" },
  -- FastGlacier
  { "<m><v>4</v><p>Z2xhY2llci1kZy5wZGY=</p><lm>20120821T170824Z</lm></m>", "glacier-dg.pdf", "fastglacier" },
  { "<m><v>4</v><p>Z2xhY2llci1kZy5wZGY=</p><lm>20120821T170824Z</lm><ce>1:1:43:5</ce></m>", "glacier-dg.pdf",
    "fastglacier" },
  { "<m>\n  <v>3</v>\n  <p> Z2xhY2ll ci1kZy5wZGY= </p>\n</m>\n", "glacier-dg.pdf", "fastglacier" },
  { "<m><v>2</v><p>0YTQvtGC0L4=</p><lm>20120821T170824Z</lm></m>", "фото", "fastglacier" },
  { "  <ArchiveMetadata><Path>0YTQvtGC0L4</Path><LastModified>x</LastModified></ArchiveMetadata>", "фото",
    "fastglacier" },
  -- CloudBerry
  { '{"Path":"dir1/+BEQEMAQ5BDs-2 caf+AOk-.bin","UTCDateModified":"20130322T120033Z"}', "dir1/файл2 café.bin",
    "cloudberry" },
  { '{"Path":"c:\\\\a\\\\b.txt","Flags":1}', "c:\\a\\b.txt", "cloudberry" },
  { '{"Path":"1 +- 1 +AKM-5"}', "1 + 1 £5", "cloudberry" },
  { '{"Path":"+2D3eAA-.png"}', "😀.png", "cloudberry" },
  { '{"Path":"caf+AOk."}', "café.", "cloudberry" },
  { '{"Path":"caf+AOk"}', "café", "cloudberry" },
  { '{"Path":"5+IKw-.bin"}', "5€.bin", "cloudberry" },
  { '{"Path":"a+AH4-b"}', "a~b", "cloudberry" },
  -- what is no UTF-7 stays
  { '{"Path":"x+IK-y"}', "x+IK-y", "cloudberry" },
  { '{"Path":"a + b+c"}', "a + b+c", "cloudberry" },
  { '{"Path":"x+2D0-y"}', "x+2D0-y", "cloudberry" },
  { '{"Path":"naïve"}', "naïve", "cloudberry" },
  { '{"path": "/sample/+AOk-.pdf", "type": "file"}', "/sample/+AOk-.pdf", "cloudberry" },
  -- plain ones, and those that only look like others
  { "photos/2013/holiday.tar", "photos/2013/holiday.tar", "plain" },
  { " ", " ", "plain" },
  { "mt2", "mt2", "plain" },
  { "mt2 ", "mt2 ", "plain" },
  { "mt2 a", "mt2 a", "plain" },
  { "mt2 !!!!", "mt2 !!!!", "plain" },
  { "mt2 eyJtdGltZSI6IngifQ", "mt2 eyJtdGltZSI6IngifQ", "plain" },         -- no filename
  { "mt2 eyJmaWxlbmFtZSI6MX0", "mt2 eyJmaWxlbmFtZSI6MX0", "plain" },       -- a number
  { "mt2 eyJmaWxlbmFtZSI6IiJ9", "mt2 eyJmaWxlbmFtZSI6IiJ9", "plain" },     -- empty
  { "mt2 eyJmaWxlbmFtZSI6ImEi", "mt2 eyJmaWxlbmFtZSI6ImEi", "plain" },     -- cut
  { "mt3 eyJmaWxlbmFtZSI6ImEifQ", "mt3 eyJmaWxlbmFtZSI6ImEifQ", "plain" },
  { "<m><v>4</v><p>/w==</p></m>", "<m><v>4</v><p>/w==</p></m>", "plain" }, -- no UTF-8
  { "<m><v>4</v><p></p></m>", "<m><v>4</v><p></p></m>", "plain" },
  { "<m><v>4</v><p>a=b=</p></m>", "<m><v>4</v><p>a=b=</p></m>", "plain" },
  { "<m><v>4</v></m>", "<m><v>4</v></m>", "plain" },
  { "<m><v>4</v><p>Z2xhY2llci1kZy5wZGY=</p>", "<m><v>4</v><p>Z2xhY2llci1kZy5wZGY=</p>", "plain" },
  { '{"Path":""}', '{"Path":""}', "plain" },
  { '{"Path":1}', '{"Path":1}', "plain" },
  { '{"Path":"a"', '{"Path":"a"', "plain" },
  { '{"Path":"c:\\qa"}', '{"Path":"c:\\qa"}', "plain" },
  { "{}", "{}", "plain" },
  { "[1]", "[1]", "plain" },
  { ("("):rep(1000), ("("):rep(1000), "plain" },
  { ("{"):rep(1000), ("{"):rep(1000), "plain" },
  { "\255\254", "\255\254", "plain" },
}

describe("glacier.archive_name", function()
  for _, case in ipairs(CASES) do
    it(("%s of %q"):format(case[3], case[1]:sub(1, 60)), function()
      local name, tool = archive_name(case[1])
      assert.equal(case[2], name)
      assert.equal(case[3], tool)
    end)
  end

  it("is nil where there is none", function()
    assert.is_nil((archive_name("")))
    assert.is_nil((archive_name(nil)))
  end)

  it("raises for what is no description", function()
    for _, wrong in ipairs({ 1, true, {} }) do
      assert.has_error(function() archive_name(wrong) end)
    end
  end)

  it("does not depend on methods of strings", function()
    local metatable = debug.getmetatable("")
    local index = metatable.__index
    metatable.__index = nil
    local ok, problem = pcall(function()
      for _, case in ipairs(CASES) do
        archive_name(case[1])
      end
    end)
    metatable.__index = index
    assert.is_true(ok, problem)
  end)
end)
