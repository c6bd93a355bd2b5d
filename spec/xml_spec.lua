-- The little that is read of XML.

local xml = require "glacier.xml"

describe("glacier.xml", function()
  describe("finds between an element's tags", function()
    for document, content in pairs {
      ["<a>x</a>"] = "x", ["<b><a>x<c/>y</a></b>"] = "x<c/>y", ["<a></a>"] = "",
      ["<a/>"] = "", ["<b><a /></b>"] = "", ['<a k="v"/>rest'] = "",
      ['<a k="v">x</a>'] = "x", ["<a\n>x</a>"] = "x", ["<ab>no</ab><a>x</a>"] = "x",
      ["<a/><b>x</b>"] = "", ["<a>/></a>"] = "/>",
    } do
      it(document, function()
        assert.equal(content, xml.element(document, "a"))
      end)
    end
  end)

  describe("finds nothing in", function()
    for _, document in ipairs { "", "a", "<b>x</b>", "<ab>x</ab>", "<a>x", "<a>x</b>", "<a", "</a>",
      "<a>x</a><a>y</a>", "<a/><a/>", "<a>x</a></a>", "<a>x</a><a/>" } do
      it(document == "" and "nothing" or document, function()
        assert.is_nil(xml.element(document, "a"))
        assert.is_nil(xml.field(document, "a"))
      end)
    end
  end)

  it("gives a field's text without the blanks around it", function()
    assert.equal("x & y", xml.field("<a>\r\n\t x &amp; y </a>", "a"))
    assert.equal("", xml.field("<a/>", "a"))
    assert.is_nil(xml.field("<a>x<b/></a>", "a"))
    assert.is_nil(xml.field("<a>&nothing;</a>", "a"))
  end)

  describe("decodes", function()
    for content, text in pairs {
      ["a&lt;&gt;&amp;&quot;&apos;"] = "a<>&\"'",
      ["&#0;&#127;&#128;&#2047;"] = "\0\127\194\128\223\191",
      ["&#x800;&#xFFFF;&#x10000;&#x10ffff;"] =
        "\224\160\128\239\191\191\240\144\128\128\244\143\191\191",
      ["&#00000065;"] = "A", ["&amp;lt;"] = "&lt;",
    } do
      it(content, function() assert.equal(text, xml.decode(content)) end)
    end
  end)

  describe("decodes nothing of", function()
    for _, content in ipairs { "&", "a & b", "&;", "&none;", "&#;", "&#x;", "&#xD800;", "&#x110000;",
      "&#000000065;", "&#xFFFFFFFFFFFFFFFF;", "&lt;&" } do
      it(content, function() assert.is_nil(xml.decode(content)) end)
    end
  end)
end)
