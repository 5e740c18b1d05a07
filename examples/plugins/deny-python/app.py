"""A plugin for tools that denies every tool whose name begins with `delete`."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.tools import Decision_Proceed


class Tools(exports.Tools):
    def listed(self, page):
        return page

    def calling(self, call):
        if call.tool.startswith("delete"):
            raise Err("nothing is deleted from here")
        return Decision_Proceed(call)

    def called(self, call, result):
        return result
