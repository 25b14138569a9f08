/** What a file beside a document may be called: one word without slashes, so that it stays in its folder. */
export const FILE_NAME = /^[A-Za-z0-9][\w.-]{0,127}$/;
