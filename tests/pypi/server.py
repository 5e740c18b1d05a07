"""The same small server on the Python SDK, whichever line of it is installed: of 1.x for the legacy
era, of 2.x for both. Listens on a free port of loopback, and writes it to standard error."""

import asyncio
import socket
import sys

import uvicorn
from pydantic import BaseModel

try:
    from mcp.server.mcpserver import Context, MCPServer
except ImportError:
    from mcp.server.fastmcp import Context
    from mcp.server.fastmcp import FastMCP as MCPServer

server = MCPServer("python", instructions="a server of the tests")


class Age(BaseModel):
    age: int = 30


@server.tool()
def echo(message: str) -> str:
    """Send a message back"""
    return message


@server.tool()
async def count(steps: int, ctx: Context) -> str:
    """Count, and tell how far"""
    for step in range(1, steps + 1):
        await ctx.report_progress(step, steps, f"step {step}")
    return f"counted to {steps}"


@server.tool()
async def age(ctx: Context) -> str:
    """Ask the user for an age"""
    answer = await ctx.elicit(message="how old?", schema=Age)
    return f"{answer.action} {answer.data.age}" if answer.action == "accept" else answer.action


@server.resource("demo://readme")
def readme() -> str:
    return "read me"


@server.prompt()
def greet(name: str) -> str:
    return f"Greet {name}"


async def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"loopback port {listener.getsockname()[1]}", file=sys.stderr, flush=True)
    config = uvicorn.Config(server.streamable_http_app(), log_level="warning")
    await uvicorn.Server(config).serve(sockets=[listener])


asyncio.run(main())
