"""The complex types of Microsoft Graph that the practice tenant knows, one paragraph each.

How to read it: schema.py. Source: learn.microsoft.com/graph/api/resources, version 1.0.
"""

VALUES = """
addIn
  id:guid properties:keyValue[]/M type:string
apiApplication
  acceptMappedClaims:bool knownClientApplications:guid[] oauth2PermissionScopes:permissionScope[]
  preAuthorizedApplications:preAuthorizedApplication[] requestedAccessTokenVersion:int
appManagementApplicationConfiguration
  keyCredentials:keyCredentialConfiguration[]
  passwordCredentials:passwordCredentialConfiguration[] identifierUris:identifierUriConfiguration
appManagementPolicyActorExemptions
  customSecurityAttributes:customSecurityAttributeExemption[]
appManagementServicePrincipalConfiguration
  keyCredentials:keyCredentialConfiguration[]
  passwordCredentials:passwordCredentialConfiguration[]
appRole
  allowedMemberTypes:string[] description:string displayName:string id:guid isEnabled:bool
  origin:string/R value:string
assignedLabel
  displayName:string/R labelId:string
assignedLicense
  disabledPlans:guid[] skuId:guid
assignedPlan
  assignedDateTime:time capabilityStatus:Enabled|Warning|Suspended|Deleted|LockedOut
  service:string servicePlanId:guid
authenticationBehaviors
  blockAzureADGraphAccess:bool coopEnforcement:bool removeUnverifiedEmailClaim:bool
  requireClientServicePrincipal:bool
authorizationInfo
  certificateUserIds:string[]
automaticRepliesSetting
  externalAudience:none|contactsOnly|all externalReplyMessage:string internalReplyMessage:string
  scheduledEndDateTime:dateTimeTimeZone scheduledStartDateTime:dateTimeTimeZone
  status:disabled|alwaysEnabled|scheduled
conditionalAccessApplications
  excludeApplications:string[] includeApplications:string[]
conditionalAccessAuthenticationFlows
  transferMethods:none|deviceCodeFlow|authenticationTransfer
conditionalAccessConditionSet
  applications:conditionalAccessApplications
  authenticationFlows:conditionalAccessAuthenticationFlows
  clientAppTypes:all|browser|mobileAppsAndDesktopClients|exchangeActiveSync|easSupported|other[]
  signInRiskLevels:low|medium|high|hidden|none[] userRiskLevels:low|medium|high|hidden|none[]
  users:conditionalAccessUsers
conditionalAccessGrantControls
  builtInControls:block|mfa|compliantDevice|domainJoinedDevice[]
  customAuthenticationFactors:string[] operator:string termsOfUse:string[]
conditionalAccessSessionControls
  disableResilienceDefaults:bool
conditionalAccessUsers
  excludeUsers:string[] includeUsers:string[]
certification
  certificationDetailsUrl:string/R certificationExpirationDateTime:time
  isCertifiedByMicrosoft:bool/R isPublisherAttested:bool lastCertificationDateTime:time
customAppManagementApplicationConfiguration
  identifierUris:identifierUriConfiguration
customAppManagementConfiguration
  keyCredentials:keyCredentialConfiguration[]
  passwordCredentials:passwordCredentialConfiguration[]
  applicationRestrictions:customAppManagementApplicationConfiguration
customSecurityAttributeExemption
  operator:equals id:string
dateTimeTimeZone
  dateTime:string timeZone:string
defaultUserRolePermissions
  allowedToCreateApps:bool allowedToCreateSecurityGroups:bool allowedToCreateTenants:bool
  allowedToReadBitlockerKeysForOwnedDevice:bool allowedToReadOtherUsers:bool
  permissionGrantPoliciesAssigned:string[]
domainState
  lastActionDateTime:time operation:string status:string
emailAddress
  address:string name:string
employeeOrgData
  costCenter:string division:string
expirationPattern
  duration:duration endDateTime:time type:notSpecified|noExpiration|afterDateTime|afterDuration
identifierUriConfiguration
  nonDefaultUriAddition:identifierUriRestriction
  uriAdditionWithoutUniqueTenantIdentifier:identifierUriRestriction
identifierUriRestriction
  excludeActors:appManagementPolicyActorExemptions excludeAppsReceivingV2Tokens:bool
  excludeSaml:bool isStateSetByMicrosoft:bool/R restrictForAppsCreatedAfterDateTime:time
  state:enabled|disabled
implicitGrantSettings
  enableAccessTokenIssuance:bool enableIdTokenIssuance:bool
informationalUrl
  logoUrl:string/R marketingUrl:string privacyStatementUrl:string supportUrl:string
  termsOfServiceUrl:string
keyCredential
  customKeyIdentifier:bytes displayName:string endDateTime:time key:bytes keyId:guid
  startDateTime:time type:string usage:string
keyValue
  key:string value:string
licenseAssignmentState
  assignedByGroup:string/R disabledPlans:guid[]/R
  error:CountViolation|MutuallyExclusiveViolation|DependencyViolation|ProhibitedInUsageLocationViolation|UniquenessViolation|Other/R
  lastUpdatedDateTime:time skuId:guid/R state:Active|ActiveWithError|Disabled|Error/R
licenseProcessingState
  state:string
licenseUnitsDetail
  enabled:int lockedOut:int suspended:int warning:int
localeInfo
  displayName:string locale:string
objectIdentity
  issuer:string issuerAssignedId:string signInType:string
onPremisesExtensionAttributes
  extensionAttribute1:string extensionAttribute10:string extensionAttribute11:string
  extensionAttribute12:string extensionAttribute13:string extensionAttribute14:string
  extensionAttribute15:string extensionAttribute2:string extensionAttribute3:string
  extensionAttribute4:string extensionAttribute5:string extensionAttribute6:string
  extensionAttribute7:string extensionAttribute8:string extensionAttribute9:string
onPremisesProvisioningError
  category:string occurredDateTime:time propertyCausingError:string value:string
optionalClaim
  additionalProperties:string[] essential:bool name:string source:string
optionalClaims
  accessToken:optionalClaim[] idToken:optionalClaim[] saml2Token:optionalClaim[]
parentalControlSettings
  countriesBlockedForMinors:string[] legalAgeGroupRule:string
passwordCredential
  customKeyIdentifier:bytes displayName:string endDateTime:time hint:string/R keyId:guid
  secretText:string/R startDateTime:time
passwordProfile
  forceChangePasswordNextSignIn:bool forceChangePasswordNextSignInWithMfa:bool password:string/M
patternedRecurrence
  pattern:recurrencePattern range:recurrenceRange
permissionScope
  adminConsentDescription:string adminConsentDisplayName:string id:guid isEnabled:bool
  origin:string type:User|Admin/M userConsentDescription:string userConsentDisplayName:string
  value:string
preAuthorizedApplication
  appId:string delegatedPermissionIds:string[]
privacyProfile
  contactEmail:string/M statementUrl:string/M
provisionedPlan
  capabilityStatus:Enabled|Warning|Suspended|Deleted|LockedOut provisioningStatus:string
  service:string
publicClientApplication
  redirectUris:string[]
recurrencePattern
  dayOfMonth:int daysOfWeek:sunday|monday|tuesday|wednesday|thursday|friday|saturday[]
  firstDayOfWeek:sunday|monday|tuesday|wednesday|thursday|friday|saturday
  index:first|second|third|fourth|last interval:int/M month:int
  type:daily|weekly|absoluteMonthly|relativeMonthly|absoluteYearly|relativeYearly/M
recurrenceRange
  endDate:date numberOfOccurrences:int recurrenceTimeZone:string startDate:date/M
  type:endDate|noEnd|numbered/M
redirectUriSettings
  index:int uri:string
requestSchedule
  expiration:expirationPattern recurrence:patternedRecurrence startDateTime:time
requestSignatureVerification
  allowedWeakAlgorithms:rsaSha1 isSignedRequestRequired:bool/M
requiredResourceAccess
  resourceAccess:resourceAccess[] resourceAppId:string
resourceAccess
  id:guid type:Scope|Role
resourceSpecificPermission
  description:string displayName:string id:guid isEnabled:bool value:string
samlSingleSignOnSettings
  relayState:string
servicePlanInfo
  appliesTo:string provisioningStatus:string servicePlanId:guid servicePlanName:string
servicePrincipalLockConfiguration
  allProperties:bool credentialsWithUsageSign:bool credentialsWithUsageVerify:bool isEnabled:bool
  tokenEncryptionKeyId:bool
serviceProvisioningError
  createdDateTime:time isResolved:bool serviceInstance:string
appliedConditionalAccessPolicy
  displayName:string enforcedGrantControls:string[] enforcedSessionControls:string[] id:string
  result:success|failure|notApplied|notEnabled|unknown
authenticationAppDeviceDetails
  appVersion:string clientApp:string deviceId:string operatingSystem:string
deviceDetail
  browser:string deviceId:string displayName:string isCompliant:bool isManaged:bool
  operatingSystem:string trustType:string
signInLocation
  city:string countryOrRegion:string state:string
signInStatus
  additionalDetails:string errorCode:int failureReason:string
signInActivity
  lastNonInteractiveSignInDateTime:time lastNonInteractiveSignInRequestId:string
  lastSignInDateTime:time lastSignInRequestId:string lastSuccessfulSignInDateTime:time
  lastSuccessfulSignInRequestId:string
spaApplication
  redirectUris:string[]
timeZoneBase
  name:string
unifiedRolePermission
  allowedResourceActions:string[]/M condition:string excludedResourceActions:string[]
verifiedDomain
  capabilities:string isDefault:bool isInitial:bool name:string type:string
verifiedPublisher
  addedDateTime:time displayName:string verifiedPublisherId:string
webApplication
  homePageUrl:string implicitGrantSettings:implicitGrantSettings logoutUrl:string
  redirectUriSettings:redirectUriSettings[] redirectUris:string[]
workingHours
  daysOfWeek:sunday|monday|tuesday|wednesday|thursday|friday|saturday[] endTime:clock
  startTime:clock timeZone:timeZoneBase
passwordCredentialConfiguration
  excludeActors:appManagementPolicyActorExemptions maxLifetime:duration
  restrictForAppsCreatedAfterDateTime:time
  restrictionType:passwordAddition|passwordLifetime|symmetricKeyAddition|symmetricKeyLifetime|customPasswordAddition
  state:enabled|disabled
keyCredentialConfiguration
  excludeActors:appManagementPolicyActorExemptions maxLifetime:duration
  restrictForAppsCreatedAfterDateTime:time
  restrictionType:asymmetricKeyLifetime|trustedCertificateAuthority state:enabled|disabled
directoryObject
attendee
  emailAddress:emailAddress type:required|optional|resource
itemBody
  content:string contentType:text|html
location
  displayName:string locationEmailAddress:string locationUri:string
recipient
  emailAddress:emailAddress
event
  attendees:attendee[] body:itemBody bodyPreview:string/R categories:string[] changeKey:string/R
  createdDateTime:time/R end:dateTimeTimeZone hasAttachments:bool/R iCalUId:string/R
  importance:low|normal|high isAllDay:bool isCancelled:bool/R isOrganizer:bool/R isReminderOn:bool
  lastModifiedDateTime:time/R location:location locations:location[] organizer:recipient
  originalEndTimeZone:string/R originalStartTimeZone:string/R reminderMinutesBeforeStart:int
  responseRequested:bool sensitivity:normal|personal|private|confidential
  showAs:free|tentative|busy|oof|workingElsewhere|unknown start:dateTimeTimeZone subject:string
  transactionId:string/C type:singleInstance|occurrence|exception|seriesMaster/R webLink:string/R
"""
