export type { DomainRelay, RelayContext, RelayDatabase, RelayEvent, RelayPace, RelayReport } from './relay.ts';
