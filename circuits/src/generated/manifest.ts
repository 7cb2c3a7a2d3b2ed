// Made by `npm run circuits:build`, compared by `npm run circuits:check`.
export const generatedManifest = {
  "circuit": "key_auth",
  "noir": "1.0.0-beta.26+40d6574f851d926f93e0c3a271bac3e6e82ac905",
  "noirJs": "1.0.0-beta.26",
  "bbJs": "5.0.0",
  "verifierTarget": "evm",
  "rows": 1019,
  "publicInputs": 5,
  "proofBytes": 6464,
  "programSha256": "4d1a8864067f0c0c6bc6bac3283ca9f7bd9d7a568c3105793e08eb2f2b252085",
  "verificationKeySha256": "1117ecdb6ad65058534b7cc7956b0777e1f23b262ded89e29da1b887abe53e9e",
  "referenceString": {
    "points": 1025,
    "g1Sha256": "66a4608fc6da4f9fc811ce9ec5f3c72985ac5419680e6e3e088851bfe4387f2c",
    "g2Sha256": "01797bfc4de5a96f0e516a9ea4537d18786dc30cb991aca4274c95822b69c32f"
  }
};
