import type { Command } from '../command.ts';
import { DoorClient } from '../door-client.ts';

export const run: Command['run'] = async c => {
  const { url } = await DoorClient.of(c.home).post<{ url: string }>('/console/api/links', {});
  c.print(url);
  return 0;
};
