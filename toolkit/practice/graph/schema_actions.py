"""The parameters that Microsoft Graph's actions take, written like types.

How to read it: schema.py. Source: learn.microsoft.com/graph/api, version 1.0.
"""

PARAMETERS = """
addPassword
  passwordCredential:passwordCredential
removePassword
  keyId:guid/M
addKey
  keyCredential:keyCredential/M passwordCredential:passwordCredential proof:string/M
removeKey
  keyId:guid/M proof:string/M
assignLicense
  addLicenses:assignedLicense[]/M removeLicenses:guid[]/M
getByIds
  ids:guid[]/M types:string[]
memberGroups
  securityEnabledOnly:bool
checkMemberGroups
  groupIds:guid[]/M
checkMemberObjects
  ids:guid[]/M
"""
