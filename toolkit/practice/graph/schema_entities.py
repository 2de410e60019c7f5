"""The entity types of Microsoft Graph that the practice tenant knows, one paragraph each.

How to read it: schema.py. Names, types and what may be filtered are those of the reference pages
(learn.microsoft.com/graph/api/resources), version 1.0; servicePrincipalSignInActivity is beta's.
"""

ENTITIES = """
application
  addIns:addIn[] api:apiApplication appId:string/Rei appRoles:appRole[]
  applicationTemplateId:string/Rent authenticationBehaviors:authenticationBehaviors/S
  certification:certification createdByAppId:string/R createdDateTime:time/Rentigo
  defaultRedirectUri:string description:string/entgsq
  disabledByMicrosoftStatus:NotDisabled|DisabledDueToViolationOfServicesAgreement/ent
  displayName:string/entigsoq groupMembershipClaims:string identifierUris:string[]/engs
  info:informationalUrl/entg isDeviceOnlyAuthSupported:bool isDisabled:bool
  isFallbackPublicClient:bool keyCredentials:keyCredential[]/etg managerApplications:guid[]/D
  nativeAuthenticationApisEnabled:none|all notes:string oauth2RequirePostResponse:bool
  optionalClaims:optionalClaims parentalControlSettings:parentalControlSettings
  passwordCredentials:passwordCredential[] publicClient:publicClientApplication
  publisherDomain:string/Rengs requestSignatureVerification:requestSignatureVerification
  requiredResourceAccess:requiredResourceAccess[]/etg samlMetadataUrl:string
  serviceManagementReference:string
  servicePrincipalLockConfiguration:servicePrincipalLockConfiguration
  signInAudience:AzureADMyOrg|AzureADMultipleOrgs|AzureADandPersonalMicrosoftAccount|PersonalMicrosoftAccount/ent
  spa:spaApplication tags:string[]/etgsq tokenEncryptionKeyId:guid uniqueName:string/e
  verifiedPublisher:verifiedPublisher web:webApplication
servicePrincipal
  accountEnabled:bool/enti addIns:addIn[] alternativeNames:string[]/etgs appDescription:string
  appDisplayName:string appId:string/entis appOwnerOrganizationId:guid/entg
  appRoleAssignmentRequired:bool/ent appRoles:appRole[] applicationTemplateId:string/Rent
  createdByAppId:string/R description:string/entgsq
  disabledByMicrosoftStatus:NotDisabled|DisabledDueToViolationOfServicesAgreement/ent
  displayName:string/entigsoq homepage:string info:informationalUrl/entg isDisabled:bool
  keyCredentials:keyCredential[]/etg loginUrl:string logoutUrl:string notes:string
  notificationEmailAddresses:string[] oauth2PermissionScopes:permissionScope[]
  passwordCredentials:passwordCredential[]
  preferredSingleSignOnMode:password|saml|notSupported|oidc
  preferredTokenSigningKeyThumbprint:string replyUrls:string[]
  resourceSpecificApplicationPermissions:resourceSpecificPermission[]/R
  samlSingleSignOnSettings:samlSingleSignOnSettings servicePrincipalNames:string[]/etgs
  servicePrincipalType:string signInAudience:string/R tags:string[]/etgs tokenEncryptionKeyId:guid
  verifiedPublisher:verifiedPublisher
user
  aboutMe:string accountEnabled:bool/Menti ageGroup:Minor|NotAdult|Adult/enti
  assignedLicenses:assignedLicense[]/ent assignedPlans:assignedPlan[]/Ret
  authorizationInfo:authorizationInfo birthday:time businessPhones:string[]/Detgs
  city:string/entigs companyName:string/Aentigs
  consentProvidedForMinor:Granted|Denied|NotRequired/enti country:string/entigs
  createdDateTime:time/Rentig creationType:string/Renti department:string/entig
  deviceEnrollmentLimit:int displayName:string/DMentigsoq employeeHireDate:time/entig
  employeeId:string/entigs employeeLeaveDateTime:time/entig employeeOrgData:employeeOrgData/entig
  employeeType:string/Aentigs externalUserState:string/enti
  externalUserStateChangeDateTime:time/enti faxNumber:string/entigs givenName:string/Dentigs
  hireDate:time identities:objectIdentity[]/e identityParentId:string imAddresses:string[]/Retgs
  interests:string[] isManagementRestricted:bool/R isResourceAccount:bool jobTitle:string/Dentigs
  lastPasswordChangeDateTime:time
  legalAgeGroupClassification:Undefined|MinorWithOutParentalConsent|MinorWithParentalConsent|MinorNoParentalConsentRequired|NotAdult|Adult/R
  licenseAssignmentStates:licenseAssignmentState[]/R mail:string/Dentigsw
  mailNickname:string/entigs mailboxSettings:mailboxSettings mobilePhone:string/Dentigsq
  mySite:string officeLocation:string/DAentigs onPremisesDistinguishedName:string/R
  onPremisesDomainName:string/R onPremisesExtensionAttributes:onPremisesExtensionAttributes/Renti
  onPremisesImmutableId:string/entig onPremisesLastSyncDateTime:time/Rentig
  onPremisesProvisioningErrors:onPremisesProvisioningError[]/etg
  onPremisesSamAccountName:string/RAentigs onPremisesSecurityIdentifier:string/Re
  onPremisesSyncEnabled:bool/Renti onPremisesUserPrincipalName:string/Rentigs
  otherMails:string[]/entigsw passwordPolicies:string/ent passwordProfile:passwordProfile/Menti
  pastProjects:string[] postalCode:string/entigs preferredDataLocation:string
  preferredLanguage:string/Dentigs preferredName:string provisionedPlans:provisionedPlan[]/Retg
  proxyAddresses:string[]/Rentgsw responsibilities:string[] schools:string[]
  securityIdentifier:string/RD serviceProvisioningErrors:serviceProvisioningError[]/et
  showInAddressList:bool signInActivity:signInActivity/Rentg
  signInSessionsValidFromDateTime:time/R skills:string[] state:string/entigs
  streetAddress:string/entigs surname:string/Dentigs usageLocation:string/entigs
  userPrincipalName:string/DMentigswo userType:Member|Guest/enti
group
  accessType:none|private|secret|public allowExternalSenders:bool assignedLabels:assignedLabel[]/C
  assignedLicenses:assignedLicense[]/Re autoSubscribeNewMembers:bool classification:string/Dentgs
  createdDateTime:time/RD description:string/Dentgsq displayName:string/DMentigsoq
  expirationDateTime:time/RDentig groupTypes:string[]/Det hasMembersWithLicenseErrors:bool/e
  hideFromAddressLists:bool hideFromOutlookClients:bool infoCatalogs:string[] isArchived:bool/R
  isAssignableToRole:bool/CDent isFavorite:bool isManagementRestricted:bool/R
  isSubscribedByMail:bool licenseProcessingState:licenseProcessingState/R mail:string/RDentigs
  mailEnabled:bool/DMent mailNickname:string/DMentigs membershipRule:string/Dentgs
  membershipRuleProcessingState:On|Paused/Denti onPremisesDomainName:string/RD
  onPremisesExtensionAttributes:onPremisesExtensionAttributes/Senti
  onPremisesLastSyncDateTime:time/RDentig onPremisesNetBiosName:string/RD
  onPremisesProvisioningErrors:onPremisesProvisioningError[]/Det
  onPremisesSamAccountName:string/RDentigs onPremisesSecurityIdentifier:string/RDe
  onPremisesSyncEnabled:bool/RDenti organizationId:string preferredDataLocation:string/D
  preferredLanguage:string/Dentigs proxyAddresses:string[]/RDentgsw renewedDateTime:time/RDentig
  resourceBehaviorOptions:string[] resourceProvisioningOptions:string[]/Dets
  securityEnabled:bool/DMenti securityIdentifier:string/RD
  serviceProvisioningErrors:serviceProvisioningError[]/et theme:string/D uniqueName:string/Ce
  unseenConversationsCount:int unseenCount:int unseenMessagesCount:int
  visibility:Private|Public|HiddenMembership/D welcomeMessageEnabled:bool
administrativeUnit
  description:string/entsq displayName:string/entigsoq isMemberManagementRestricted:bool/C
  membershipRule:string membershipRuleProcessingState:string membershipType:string
  visibility:string
appRoleAssignment
  appRoleId:guid/M createdDateTime:time/R principalDisplayName:string/Res principalId:guid/M
  principalType:string/R resourceDisplayName:string resourceId:guid/Me
oAuth2PermissionGrant
  clientId:string/MCe consentType:AllPrincipals|Principal/MCe principalId:string/Ce
  resourceId:string/MCe scope:string/M
subscribedSku
  accountId:string accountName:string appliesTo:User|Company
  capabilityStatus:Enabled|Warning|Suspended|Deleted|LockedOut consumedUnits:int
  prepaidUnits:licenseUnitsDetail servicePlans:servicePlanInfo[] skuId:guid skuPartNumber:string
  subscriptionIds:string[]
licenseDetails
  servicePlans:servicePlanInfo[]/R skuId:guid/R skuPartNumber:string/R
organization
  assignedPlans:assignedPlan[] businessPhones:string[] city:string country:string
  countryLetterCode:string createdDateTime:time/R defaultUsageLocation:string displayName:string
  marketingNotificationEmails:string[]
  mobileDeviceManagementAuthority:unknown|intune|sccm|office365 onPremisesLastSyncDateTime:time/R
  onPremisesSyncEnabled:bool
  partnerTenantType:microsoftSupport|syndicatePartner|breadthPartner|breadthPartnerDelegatedAdmin|resellerPartnerDelegatedAdmin|valueAddedResellerPartnerDelegatedAdmin
  postalCode:string preferredLanguage:string privacyProfile:privacyProfile
  provisionedPlans:provisionedPlan[] securityComplianceNotificationMails:string[]
  securityComplianceNotificationPhones:string[] state:string street:string
  technicalNotificationMails:string[] tenantType:string verifiedDomains:verifiedDomain[]
domain
  authenticationType:string availabilityStatus:string isAdminManaged:bool isDefault:bool
  isInitial:bool isRoot:bool isVerified:bool manufacturer:string model:string
  passwordNotificationWindowInDays:int passwordValidityPeriodInDays:int state:domainState
  supportedServices:string[]
directoryRole
  description:string/Req displayName:string/Req roleTemplateId:string/Re
unifiedRoleAssignment
  appScopeId:string/ei condition:string directoryScopeId:string/ei principalId:string/ei
  principalOrganizationId:string roleDefinitionId:string/Cei
unifiedRoleDefinition
  description:string displayName:string/Mei isBuiltIn:bool/Rei isEnabled:bool
  resourceScopes:string[] rolePermissions:unifiedRolePermission[]/M templateId:string
  version:string
unifiedRoleEligibilitySchedule
  appScopeId:string/en createdDateTime:time createdUsing:string/en directoryScopeId:string/en
  modifiedDateTime:time principalId:string/en roleDefinitionId:string/en status:string/en
  memberType:string/en scheduleInfo:requestSchedule
servicePrincipalSignInActivity
  appId:string/e applicationAuthenticationClientSignInActivity:signInActivity
  applicationAuthenticationResourceSignInActivity:signInActivity
  delegatedClientSignInActivity:signInActivity delegatedResourceSignInActivity:signInActivity
  lastSignInActivity:signInActivity
signIn
  appDisplayName:string/es appId:string/e
  appliedConditionalAccessPolicies:appliedConditionalAccessPolicy[]
  authenticationAppDeviceDetails:authenticationAppDeviceDetails clientAppUsed:string/e
  conditionalAccessStatus:success|failure|notApplied/e correlationId:string/e
  createdDateTime:time/ego deviceDetail:deviceDetail homeTenantId:string ipAddress:string/es
  isInteractive:bool location:signInLocation resourceDisplayName:string/e resourceId:string/e
  resourceTenantId:string riskDetail:none|hidden/e riskEventTypes:generic|leakedCredentials[]
  riskEventTypes_v2:string[] riskLevelAggregated:low|medium|high|hidden|none/e
  riskLevelDuringSignIn:low|medium|high|hidden|none/e riskState:none|atRisk|dismissed|remediated/e
  servicePrincipalId:string servicePrincipalName:string status:signInStatus userAgent:string
  userDisplayName:string/es userId:string/e userPrincipalName:string/es
federatedIdentityCredential
  audiences:string[]/M description:string issuer:string/M name:string/CMe subject:string/Me
extensionProperty
  appDisplayName:string/R dataType:string isMultiValued:bool/e isSyncedFromOnPremises:bool/R
  name:string/e targetObjects:string[]
appManagementPolicy
  description:string displayName:string/M isEnabled:bool
  restrictions:customAppManagementConfiguration
tenantAppManagementPolicy
  description:string displayName:string/M
  applicationRestrictions:appManagementApplicationConfiguration isEnabled:bool
  servicePrincipalRestrictions:appManagementServicePrincipalConfiguration
identitySecurityDefaultsEnforcementPolicy
  description:string displayName:string/M isEnabled:bool
conditionalAccessPolicy
  conditions:conditionalAccessConditionSet createdDateTime:time/R deletedDateTime:time
  description:string displayName:string grantControls:conditionalAccessGrantControls
  modifiedDateTime:time/R sessionControls:conditionalAccessSessionControls
  state:enabled|disabled|enabledForReportingButNotEnforced templateId:string
authorizationPolicy
  description:string displayName:string/M allowEmailVerifiedUsersToJoinOrganization:bool
  allowInvitesFrom:none|adminsAndGuestInviters|adminsGuestInvitersAndAllMembers|everyone
  allowUserConsentForRiskyApps:bool allowedToSignUpEmailBasedSubscriptions:bool
  allowedToUseSSPR:bool blockMsolPowerShell:bool
  defaultUserRolePermissions:defaultUserRolePermissions guestUserRoleId:guid
calendar
  allowedOnlineMeetingProviders:unknown|skypeForBusiness|skypeForConsumer|teamsForBusiness[]
  canEdit:bool canShare:bool canViewPrivateItems:bool changeKey:string/R
  color:auto|lightBlue|lightGreen|lightOrange|lightGray|lightYellow|lightTeal|lightPink|lightBrown|lightRed|maxColor
  defaultOnlineMeetingProvider:unknown|skypeForBusiness|skypeForConsumer|teamsForBusiness
  hexColor:string/R isDefaultCalendar:bool isRemovable:bool isTallyingResponses:bool name:string
  owner:emailAddress
contact
  displayName:string givenName:string surname:string
mailFolder
  childFolderCount:int displayName:string isHidden:bool parentFolderId:string
  totalItemCount:int unreadItemCount:int
mailboxSettings
  archiveFolder:string automaticRepliesSetting:automaticRepliesSetting dateFormat:string
  delegateMeetingMessageDeliveryOptions:sendToDelegateAndInformationToPrincipal|sendToDelegateAndPrincipal|sendToDelegateOnly
  language:localeInfo timeFormat:string timeZone:string
  userPurpose:user|linked|shared|room|equipment|others/R workingHours:workingHours
"""
