#!/usr/bin/env bash
# From sign-in to a list of contacts, with nothing but curl and sed. Start the hub with `npm run demo` first.
#   HUB_URL, HUB_EMAIL, HUB_PASSWORD: where the hub is and who signs in; the demo's by default
set -euo pipefail

hub=${HUB_URL:-http://127.0.0.1:8080}
email=${HUB_EMAIL:-demo@example.com}
password=${HUB_PASSWORD:-demo-password-1}
api=$hub/elements/api-v2
callback=https://app.example.com/callback # your application; the simulated vendor does not call it

# the value of one text member of a flat JSON answer
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# 1. sign in once, to learn the two secrets that every call carries
login=$(curl -sS --fail-with-body "$api/authentication" -H 'Content-Type: application/json' \
  -d "{\"username\":\"$email\",\"password\":\"$password\"}" | member token)
secrets=$(curl -sS --fail-with-body "$api/authentication/secrets" -H "Authorization: Bearer $login")
auth="User $(member userSecret <<<"$secrets"), Organization $(member organizationSecret <<<"$secrets")"

# 2. the address at which a customer allows access to a Base CRM account
oauth_url=$(curl -sS --fail-with-body --get "$api/elements/base/oauth/url" \
  -d apiKey=my-client-id -d apiSecret=my-client-secret --data-urlencode "callbackUrl=$callback" | member oauthUrl)

# 3. the customer presses Allow; the vendor sends the browser back with a code
code=$(curl -sS -o /dev/null -w '%{redirect_url}' -d decision=allow "$oauth_url" | sed 's/.*[?&]code=\([^&]*\).*/\1/')

# 4. the code becomes an instance; its token stands for that customer's account
token=$(curl -sS --fail-with-body "$api/instances" -H "Authorization: $auth" -H 'Content-Type: application/json' -d '{
  "name": "First call",
  "element": {"key": "base"},
  "providerData": {"code": "'"$code"'"},
  "configuration": {
    "oauth.api.key": "my-client-id",
    "oauth.api.secret": "my-client-secret",
    "oauth.callback.url": "'"$callback"'"
  }
}' | member token)

# 5. the vendor's data, through one API
curl -sS --fail-with-body --get "$api/hubs/crm/contacts" -d pageSize=3 --data-urlencode "where=is_organization='true'" \
  -H "Authorization: $auth, Element $token"
echo
