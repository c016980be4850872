/** CloudWatch namespace of Lockstep's own metrics; the API's middleware publishes into it too. */
export const METRIC_NAMESPACE = "Lockstep";
