import { z } from 'zod';

const option = (description: string) => z.boolean().optional().describe(description);

/** Which bytes stay in the kernel: those of a session do so where its frontend or its backend says it (configuration manual, 4.2 "option splice-auto"). */
export const splicing = {
  'splice-auto': option('Bytes stay in the kernel where that helps; on unless frontend and backend both take it back.'),
  'splice-request': option("All of a client's bytes stay in the kernel."),
  'splice-response': option("All of a server's bytes stay in the kernel."),
};
