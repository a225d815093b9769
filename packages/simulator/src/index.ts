export { CANARIES } from './canaries.ts';
export { careRecord, describeIncident } from './care-record.ts';
export { exampleFiles, STREAMS } from './catalogue/example-files.ts';
export { type Clock, systemClock } from './clock.ts';
export { type DayShape, wideTablesOf } from './day-shape.ts';
export {
  createEnterprise,
  DEFAULT_DISORDER,
  type Disorder,
  type Enterprise,
  type EnterpriseOptions,
  REGIONS,
  TIERS,
} from './enterprise.ts';
export { createEvents, type MessageKind, type SimMessage, StreamEvents } from './events.ts';
export type { Incident, Story, Troubles } from './incidents.ts';
export { type LoadDayOptions, type LoadProgress, loadDay } from './load-day.ts';
export { type Faults, NO_FAULTS, type OnlineApi, startOnlineApi } from './online-api.ts';
export { createProducers, type HistoryProgress, type Producers, type SentCounts } from './producers.ts';
export { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';
export { createTopics, STREAM_TOPICS, setTimestampType, type TimestampType } from './topics.ts';
