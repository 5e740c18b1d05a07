// A plugin for tools that takes mail addresses out of the texts of results.
const redacted = (text) => text.replace(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, "[mail address]");

export const tools = {
  listed: (page) => page,
  calling: (call) => ({ tag: "proceed", val: call }),
  called: (call, result) => ({
    ...result,
    content: result.content.map((block) =>
      block.tag === "text" ? { tag: "text", val: redacted(block.val) } : block),
  }),
};
