// The value of each name of each enumeration, hexadecimal, as the standards print it.
namespace Nvmepf.Tests.Spec;

internal static class EnumTable
{
    internal static readonly SpecTable Enumerations = SpecTable.Parse("""
        CommandSetsSupported: None 0; NvmCommandSet 1; IoCommandSets 40; NoIoCommandSet 80
        ArbitrationMechanismsSupported: None 0; WeightedRoundRobinWithUrgent 1; VendorSpecific 2
        ControllerReadyModesSupported: None 0; WithMedia 1; IndependentOfMedia 2
        ControllerPowerScope: NotReported 0; Controller 1; Domain 2; NvmSubsystem 3
        IoCommandSetSelected: NvmCommandSet 0; AllSupportedIoCommandSets 6; AdminCommandSetOnly 7
        ArbitrationMechanism: RoundRobin 0; WeightedRoundRobinWithUrgent 1; VendorSpecific 7
        ShutdownNotification: None 0; Normal 1; Abrupt 2; Reserved 3
        ShutdownStatus: Normal 0; Occurring 1; Complete 2; Reserved 3
        DataTransferDirection: None 0; HostToController 1; ControllerToHost 2; Bidirectional 3
        AdminOpcode: DeleteIoSubmissionQueue 0; CreateIoSubmissionQueue 1; GetLogPage 2; DeleteIoCompletionQueue 4;
            CreateIoCompletionQueue 5; Identify 6; Abort 8; SetFeatures 9; GetFeatures A; AsynchronousEventRequest C;
            NamespaceManagement D; FirmwareCommit 10; FirmwareImageDownload 11; DeviceSelfTest 14; NamespaceAttachment 15;
            KeepAlive 18; DirectiveSend 19; DirectiveReceive 1A; VirtualizationManagement 1C; NvmeMiSend 1D; NvmeMiReceive 1E;
            CapacityManagement 20; DiscoveryInformationManagement 21; FabricZoningReceive 22; Lockdown 24; FabricZoningLookup 25;
            ClearExportedNvmResourceConfiguration 28; FabricZoningSend 29; CreateExportedNvmSubsystem 2A;
            ManageExportedNvmSubsystem 2D; ManageExportedNamespace 31; ManageExportedPort 35; SendDiscoveryLogPage 39; TrackSend 3D;
            TrackReceive 3E; MigrationSend 41; MigrationReceive 42; ControllerDataQueue 45; DoorbellBufferConfig 7C;
            FabricsCommands 7F; FormatNvm 80; SecuritySend 81; SecurityReceive 82; Sanitize 84; LoadProgram 85; GetLbaStatus 86;
            ProgramActivationManagement 88; MemoryRangeSetManagement 89
        NvmOpcode: Flush 0; Write 1; Read 2; WriteUncorrectable 4; Compare 5; WriteZeroes 8; DatasetManagement 9; Verify C;
            ReservationRegister D; ReservationReport E; ReservationAcquire 11; IoManagementReceive 12; ReservationRelease 15;
            Cancel 18; Copy 19; IoManagementSend 1D; FabricsCommands 7F
        FusedOperation: Normal 0; First 1; Second 2; Reserved 3
        PrpOrSgl: Prp 0; SglWithMetadataBuffer 1; SglWithMetadataSgl 2; Reserved 3
        SglDescriptorType: DataBlock 0; BitBucket 1; Segment 2; LastSegment 3; KeyedDataBlock 4; TransportDataBlock 5;
            VendorSpecific F
        SglDescriptorSubType: Address 0; Offset 1; TransportSpecificA A; TransportSpecificB B; TransportSpecificC C;
            TransportSpecificD D; TransportSpecificE E; TransportSpecificF F
        QueuePriority: Urgent 0; High 1; Medium 2; Low 3
        AsynchronousEventType: Error 0; SmartHealth 1; Notice 2; Immediate 3; OneShot 4; IoCommandSetSpecific 6; VendorSpecific 7
        ErrorEventInformation: WriteToInvalidDoorbellRegister 0; InvalidDoorbellWriteValue 1; DiagnosticFailure 2;
            PersistentInternalError 3; TransientInternalError 4; FirmwareImageLoadError 5
        SmartHealthEventInformation: NvmSubsystemReliability 0; TemperatureThreshold 1; SpareBelowThreshold 2
        NoticeEventInformation: AttachedNamespaceAttributeChanged 0; FirmwareActivationStarting 1; TelemetryLogChanged 2;
            AsymmetricNamespaceAccessChange 3; PredictableLatencyEventAggregateLogChange 4; LbaStatusInformationAlert 5;
            EnduranceGroupEventAggregateLogPageChange 6; ReachabilityGroupChange 7; ReachabilityAssociationChange 8;
            AllocatedNamespaceAttributeChanged 9; ZoneDescriptorChanged EF; DiscoveryLogPageChange F0; HostDiscoveryLogPageChange F1;
            AveDiscoveryLogPageChange F2; PullModelDdcRequestLogPageChange F3
        ImmediateEventInformation: NormalNvmSubsystemShutdown 0; TemperatureThresholdHysteresisRecovery 1
        IoCommandSetEventInformation: ReservationLogPageAvailable 0; SanitizeOperationCompleted 1;
            SanitizeOperationCompletedWithUnexpectedDeallocation 2; SanitizeOperationEnteredMediaVerificationState 3
        Cns: Namespace 0; Controller 1; ActiveNamespaceList 2; NamespaceIdentificationDescriptorList 3; NvmSetList 4;
            IoCommandSetSpecificNamespace 5; IoCommandSetSpecificController 6; IoCommandSetSpecificActiveNamespaceList 7;
            IoCommandSetIndependentNamespace 8; NamespaceUserDataFormat 9; IoCommandSetSpecificNamespaceUserDataFormat A;
            AllocatedNamespaceList 10; AllocatedNamespace 11; NamespaceAttachedControllerList 12; ControllerList 13;
            PrimaryControllerCapabilities 14; SecondaryControllerList 15; NamespaceGranularityList 16; UuidList 17; DomainList 18;
            EnduranceGroupList 19; IoCommandSetSpecificAllocatedNamespaceList 1A; IoCommandSetSpecificAllocatedNamespace 1B;
            IoCommandSet 1C; UnderlyingNamespaceList 1D; PortsList 1E; IoCommandSetIndependentAllocatedNamespace 1F;
            SupportedControllerStateFormats 20
        CommandSetIdentifier: Nvm 0; KeyValue 1; ZonedNamespace 2; SubsystemLocalMemory 3; ComputationalPrograms 4
        IoCommandSets: None 0; Nvm 1; KeyValue 2; ZonedNamespace 4; SubsystemLocalMemory 8; ComputationalPrograms 10
        NamespaceIdentifierType: Eui64 1; Nguid 2; Uuid 3; CommandSetIdentifier 4
        MultiPathCapabilities: None 0; MultiplePorts 1; MultipleControllers 2; SrIovVirtualFunction 4;
            AsymmetricNamespaceAccessReporting 8
        ControllerType: NotReported 0; IoController 1; DiscoveryController 2; AdministrativeController 3
        OptionalAsynchronousEvents: None 0; AttachedNamespaceAttributeNotices 100; FirmwareActivationNotices 200;
            AsymmetricNamespaceAccessChangeNotices 800; PredictableLatencyEventAggregateLogChangeNotices 1000;
            LbaStatusInformationAlertNotices 2000; EnduranceGroupEventAggregateLogPageChangeNotices 4000;
            NormalNvmSubsystemShutdown 8000; TemperatureThresholdHysteresisRecovery 10000; ReachabilityGroupsChangeNotices 20000;
            AllocatedNamespaceAttributeNotices 80000; ZoneDescriptorChangedNotices 8000000; DiscoveryLogPageChangeNotices 80000000
        ControllerAttributes: None 0; HostIdentifierSupport128Bit 1; NonOperationalPowerStatePermissiveMode 2; NvmSets 4;
            ReadRecoveryLevels 8; EnduranceGroups 10; PredictableLatencyMode 20; TrafficBasedKeepAlive 40; NamespaceGranularity 80;
            SubmissionQueueAssociations 100; UuidList 200; MultiDomainSubsystem 400; FixedCapacityManagement 800;
            VariableCapacityManagement 1000; DeleteEnduranceGroup 2000; DeleteNvmSet 4000; ExtendedLbaFormats 8000;
            MdtsExcludesMetadata 10000; HostMemoryBufferRestrictions 20000; ReservationsAndHostIdentifierInteraction 40000;
            FlexibleDataPlacement 80000
        OptionalAdminCommands: None 0; SecuritySendReceive 1; FormatNvm 2; FirmwareDownloadAndCommit 4; NamespaceManagement 8;
            DeviceSelfTest 10; Directives 20; NvmeMiSendReceive 40; VirtualizationManagement 80; DoorbellBufferConfig 100;
            GetLbaStatus 200; CommandAndFeatureLockdown 400; HostManagedLiveMigration 800
        LogPageAttributes: None 0; SmartPerNamespace 1; CommandsSupportedAndEffects 2; ExtendedData 4; Telemetry 8;
            PersistentEvent 10; MiscellaneousLogPages 20; TelemetryDataArea4 40
        OptionalNvmCommands: None 0; Compare 1; WriteUncorrectable 2; DatasetManagement 4; WriteZeroes 8; SaveAndSelectFeature 10;
            Reservations 20; Timestamp 40; Verify 80; Copy 100; CopySingleAtomicity 200; AllFastCopy 400;
            MaximumWriteZeroesWithDeallocate 800; NamespaceZeroes 1000
        FormatNvmAttributes: None 0; FormatAllNamespaces 1; SecureEraseAllNamespaces 2; CryptographicErase 4;
            BroadcastNsidNotSupported 8
        FlushBehavior: NotIndicated 0; BroadcastNotSupported 2; BroadcastSupported 3
        SglSupportLevel: NotSupported 0; ByteAligned 1; DwordAligned 2
        RelativePerformance: Best 0; Better 1; Good 2; Degraded 3
        MetadataCapabilities: None 0; ExtendedLogicalBlock 1; SeparateBuffer 2
        ProtectionCapabilities: None 0; Type1 1; Type2 2; Type3 4; FirstBytes 8; LastBytes 10
        NamespaceSharingCapabilities: None 0; Shared 1; DispersedNamespace 2
        ReservationCapabilities: None 0; PersistThroughPowerLoss 1; WriteExclusive 2; ExclusiveAccess 4;
            WriteExclusiveRegistrantsOnly 8; ExclusiveAccessRegistrantsOnly 10; WriteExclusiveAllRegistrants 20;
            ExclusiveAccessAllRegistrants 40; IgnoreExistingKey13 80
        DeallocatedReadBehavior: NotReported 0; AllZeroes 1; AllOnes 2
        NamespaceAttributes: None 0; CurrentlyWriteProtected 1
        IoImpact: NotReported 0; NotDegraded 2; Degraded 3
        ProtectionInformationFormat: Guard16Bit 0; Guard32Bit 1; Guard64Bit 2; Qualified 3
        LogPageId: SupportedLogPages 0; ErrorInformation 1; SmartHealthInformation 2; FirmwareSlotInformation 3;
            ChangedAttachedNamespaceList 4; CommandsSupportedAndEffects 5; DeviceSelfTest 6; TelemetryHostInitiated 7;
            TelemetryControllerInitiated 8; EnduranceGroupInformation 9; PredictableLatencyPerNvmSet A;
            PredictableLatencyEventAggregate B; AsymmetricNamespaceAccess C; PersistentEvent D; LbaStatusInformation E;
            EnduranceGroupEventAggregate F; MediaUnitStatus 10; SupportedCapacityConfigurationList 11;
            FeatureIdentifiersSupportedAndEffects 12; NvmeMiCommandsSupportedAndEffects 13; CommandAndFeatureLockdown 14;
            BootPartition 15; RotationalMediaInformation 16; DispersedNamespaceParticipatingNvmSubsystems 17;
            ManagementAddressList 18; PhysicalInterfaceReceiverEyeOpeningMeasurement 19; ReachabilityGroups 1A;
            ReachabilityAssociations 1B; ChangedAllocatedNamespaceList 1C; FdpConfigurations 20; ReclaimUnitHandleUsage 21;
            FdpStatistics 22; FdpEvents 23; Discovery 70; HostDiscovery 71; AveDiscovery 72; PullModelDdcRequest 73;
            ReservationNotification 80; SanitizeStatus 81; ChangedZoneList BF
        CriticalWarning: None 0; AvailableSpareBelowThreshold 1; TemperatureThreshold 2; NvmSubsystemReliabilityDegraded 4;
            AllMediaReadOnly 8; VolatileMemoryBackupFailed 10; PersistentMemoryRegionUnreliable 20
        CommandSubmissionAndExecution: NoRestriction 0; NoOtherCommandSameNamespace 1; NoOtherCommandAnyNamespace 2
        EffectsScope: None 0; Namespace 1; Controller 2; NvmSet 4; EnduranceGroup 8; Domain 10; NvmSubsystem 20;
            ControllerDataQueue 40
        FeatureId: Arbitration 1; PowerManagement 2; LbaRangeType 3; TemperatureThreshold 4; ErrorRecovery 5; VolatileWriteCache 6;
            NumberOfQueues 7; InterruptCoalescing 8; InterruptVectorConfiguration 9; WriteAtomicityNormal A;
            AsynchronousEventConfiguration B; AutonomousPowerStateTransition C; HostMemoryBuffer D; Timestamp E; KeepAliveTimer F;
            HostControlledThermalManagement 10; NonOperationalPowerStateConfig 11; ReadRecoveryLevelConfig 12;
            PredictableLatencyModeConfig 13; PredictableLatencyModeWindow 14; LbaStatusInformationReportInterval 15;
            HostBehaviorSupport 16; SanitizeConfig 17; EnduranceGroupEventConfiguration 18; IoCommandSetProfile 19; SpinupControl 1A;
            PowerLossSignalingConfig 1B; PerformanceCharacteristics 1C; FlexibleDataPlacement 1D; FlexibleDataPlacementEvents 1E;
            NamespaceAdminLabel 1F; KeyValueConfiguration 20; ControllerDataQueue 21; EmbeddedManagementControllerAddress 78;
            HostManagementAgentAddress 79; EnhancedControllerMetadata 7D; ControllerMetadata 7E; NamespaceMetadata 7F;
            SoftwareProgressMarker 80; HostIdentifier 81; ReservationNotificationMask 82; ReservationPersistence 83;
            NamespaceWriteProtectionConfig 84; BootPartitionWriteProtectionConfig 85
        FeatureSelect: Current 0; Default 1; Saved 2; SupportedCapabilities 3
        ThresholdTypeSelect: OverTemperature 0; UnderTemperature 1
        WriteProtectionState: NoWriteProtect 0; WriteProtect 1; WriteProtectUntilPowerCycle 2; PermanentWriteProtect 3
        TimestampOrigin: ClearedByReset 0; SetFeatures 1
        ProtectionInformationField: None 0; CheckReferenceTag 1; CheckApplicationTag 2; CheckGuard 4; Action 8
        AccessFrequency: NotSpecified 0; Typical 1; InfrequentWritesAndReads 2; InfrequentWritesFrequentReads 3;
            FrequentWritesInfrequentReads 4; FrequentWritesAndReads 5; OneTimeRead 6; SpeculativeRead 7; OverwriteSoon 8
        AccessLatency: NotSpecified 0; Idle 1; Normal 2; Low 3
        StatusCode: Success 0; InvalidOpcode 1; InvalidField 2; CommandIdConflict 3; DataTransferError 4; AbortedPowerLoss 5;
            InternalError 6; AbortRequested 7; AbortedSqDeletion 8; AbortedFailedFused 9; AbortedMissingFused A;
            InvalidNamespaceOrFormat B; CommandSequenceError C; InvalidSglSegmentDescriptor D; InvalidNumberOfSglDescriptors E;
            DataSglLengthInvalid F; MetadataSglLengthInvalid 10; SglDescriptorTypeInvalid 11; InvalidUseOfControllerMemoryBuffer 12;
            PrpOffsetInvalid 13; AtomicWriteUnitExceeded 14; OperationDenied 15; SglOffsetInvalid 16;
            HostIdentifierInconsistentFormat 18; KeepAliveTimerExpired 19; KeepAliveTimeoutInvalid 1A; AbortedPreemptAndAbort 1B;
            SanitizeFailed 1C; SanitizeInProgress 1D; SglDataBlockGranularityInvalid 1E; CommandNotSupportedForQueueInCmb 1F;
            NamespaceIsWriteProtected 20; CommandInterrupted 21; TransientTransportError 22; ProhibitedByLockdown 23;
            AdminCommandMediaNotReady 24; InvalidKeyTag 25; HostDispersedNamespaceSupportNotEnabled 26;
            HostIdentifierNotInitialized 27; IncorrectKey 28; FdpDisabled 29; InvalidPlacementHandleList 2A; LbaOutOfRange 80;
            CapacityExceeded 81; NamespaceNotReady 82; ReservationConflict 83; FormatInProgress 84; CompletionQueueInvalid 100;
            InvalidQueueIdentifier 101; InvalidQueueSize 102; AbortCommandLimitExceeded 103;
            AsynchronousEventRequestLimitExceeded 105; InvalidFirmwareSlot 106; InvalidFirmwareImage 107; InvalidInterruptVector 108;
            InvalidLogPage 109; InvalidFormat 10A; FirmwareActivationRequiresConventionalReset 10B; InvalidQueueDeletion 10C;
            FeatureIdentifierNotSaveable 10D; FeatureNotChangeable 10E; FeatureNotNamespaceSpecific 10F;
            FirmwareActivationRequiresNvmSubsystemReset 110; FirmwareActivationRequiresControllerLevelReset 111;
            FirmwareActivationRequiresMaximumTimeViolation 112; FirmwareActivationProhibited 113; OverlappingRange 114;
            NamespaceInsufficientCapacity 115; NamespaceIdentifierUnavailable 116; NamespaceAlreadyAttached 118;
            NamespaceIsPrivate 119; NamespaceNotAttached 11A; ThinProvisioningNotSupported 11B; ControllerListInvalid 11C;
            DeviceSelfTestInProgress 11D; BootPartitionWriteProhibited 11E; InvalidControllerIdentifier 11F;
            InvalidSecondaryControllerState 120; InvalidNumberOfControllerResources 121; InvalidResourceIdentifier 122;
            SanitizeProhibitedWhilePmrEnabled 123; AnaGroupIdentifierInvalid 124; AnaAttachFailed 125; InsufficientCapacity 126;
            NamespaceAttachmentLimitExceeded 127; ProhibitionOfCommandExecutionNotSupported 128; IoCommandSetNotSupported 129;
            IoCommandSetNotEnabled 12A; IoCommandSetCombinationRejected 12B; InvalidIoCommandSet 12C; IdentifierUnavailable 12D;
            NamespaceIsDispersed 12E; InvalidDiscoveryInformation 12F; ZoningDataStructureLocked 130; ZoningDataStructureNotFound 131;
            InsufficientDiscoveryResources 132; RequestedFunctionDisabled 133; ZoneGroupOriginatorInvalid 134; InvalidHost 135;
            InvalidNvmSubsystem 136; InvalidControllerDataQueue 137; NotEnoughResources 138; ControllerSuspended 139;
            ControllerNotSuspended 13A; ControllerDataQueueFull 13B; ConflictingAttributes 180; InvalidProtectionInformation 181;
            AttemptedWriteToReadOnlyRange 182; CommandSizeLimitExceeded 183; InvalidCommandIdentifier 184;
            IncompatibleNamespaceOrFormat 185; FastCopyNotPossible 186; OverlappingIoRange 187; NamespaceNotReachable 188;
            InsufficientResources 189; InsufficientProgramResources 18A; ZonedInvalidZoneOperationRequest 1B6;
            ZonedZrwaResourcesUnavailable 1B7; ZonedBoundaryError 1B8; ZoneIsFull 1B9; ZoneIsReadOnly 1BA; ZoneIsOffline 1BB;
            ZoneInvalidWrite 1BC; TooManyActiveZones 1BD; TooManyOpenZones 1BE; InvalidZoneStateTransition 1BF; WriteFault 280;
            UnrecoveredReadError 281; EndToEndGuardCheckError 282; EndToEndApplicationTagCheckError 283;
            EndToEndReferenceTagCheckError 284; CompareFailure 285; AccessDenied 286; DeallocatedOrUnwrittenLogicalBlock 287;
            EndToEndStorageTagCheckError 288; InternalPathError 300; AsymmetricAccessPersistentLoss 301;
            AsymmetricAccessInaccessible 302; AsymmetricAccessTransition 303; ControllerPathingError 360; HostPathingError 370;
            CommandAbortedByHost 371
        AnaState: Optimized 1; NonOptimized 2; Inaccessible 3; PersistentLoss 4; Change F
        AnaCapabilities: None 0; Optimized 1; NonOptimized 2; Inaccessible 4; PersistentLoss 8; Change 10; GroupIdentifierDoesNotChange 40;
            GroupIdentifierManagement 80
        ReservationType: None 0; WriteExclusive 1; ExclusiveAccess 2; WriteExclusiveRegistrantsOnly 3; ExclusiveAccessRegistrantsOnly 4;
            WriteExclusiveAllRegistrants 5; ExclusiveAccessAllRegistrants 6
        ReservationRegisterAction: Register 0; Unregister 1; Replace 2
        ChangePersistThroughPowerLoss: NoChange 0; Reserved 1; Clear 2; Set 3
        ReservationAcquireAction: Acquire 0; Preempt 1; PreemptAndAbort 2
        ReservationReleaseAction: Release 0; Clear 1
        ReservationNotificationType: Empty 0; RegistrationPreempted 1; ReservationReleased 2; ReservationPreempted 3
        WriteProtectionCapabilities: None 0; WriteProtect 1; UntilPowerCycle 2; Permanent 4
        StatusCodeType: Generic 0; CommandSpecific 1; MediaAndDataIntegrity 2; PathRelated 3; VendorSpecific 7
        """);
}
