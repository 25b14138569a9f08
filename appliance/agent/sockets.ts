/** The agent's two doors: anyone may ask how the machine is, root and the group weir may change it. */
export const sockets = { status: '/run/weir/status.sock', agent: '/run/weir/agent.sock' } as const;
