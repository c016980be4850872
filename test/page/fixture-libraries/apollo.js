import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client/core";

/** Sends a query by POST and by GET, and reads it from the cache. */
window.trial = async () => {
  const served = [];
  let fromCache;
  for (const useGETForQueries of [false, true]) {
    const link = new HttpLink({ uri: "/api/graphql", useGETForQueries });
    const client = new ApolloClient({ cache: new InMemoryCache(), link });
    const query = gql`{ served }`;
    served.push((await client.query({ query })).data.served);
    fromCache = client.readQuery({ query }).served === served[0];
  }
  return { served, feature: fromCache };
};
