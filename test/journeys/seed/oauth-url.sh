curl -X GET
-H 'Content-Type: application/json'
'https://api.cloud-your_moms.com/your_moms/api-v2/your_moms/base/oauth/url?apiKey=fake_Base CRM_api_key&apiSecret=fake_Base CRM_api_secret&callbackUrl=https://www.mycoolapp.com/auth&state=base'
