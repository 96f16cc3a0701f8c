// Where each bit field of a packed word is, as the standards print it: written out so that a moved bit is seen.
namespace Nvmepf.Tests.Spec;

internal static class BitFieldTable
{
    // "Name bits: Field lowest-bit width; ...".
    internal static readonly SpecTable Words = SpecTable.Parse("""
        ControllerCapabilities 64: MaximumQueueEntriesSupportedZeroBased 0 16; ContiguousQueuesRequired 16 1;
            ArbitrationMechanismsSupported 17 2; TimeoutIn500Milliseconds 24 8; DoorbellStride 32 4; NvmSubsystemResetSupported 36 1;
            CommandSetsSupported 37 8; BootPartitionSupport 45 1; ControllerPowerScope 46 2; MemoryPageSizeMinimum 48 4;
            MemoryPageSizeMaximum 52 4; PersistentMemoryRegionSupported 56 1; ControllerMemoryBufferSupported 57 1;
            NvmSubsystemShutdownSupported 58 1; ControllerReadyModesSupported 59 2; NvmSubsystemShutdownEnhancementsSupported 61 1
        ControllerConfiguration 32: Enable 0 1; IoCommandSetSelected 4 3; MemoryPageSize 7 4; ArbitrationMechanismSelected 11 3;
            ShutdownNotification 14 2; IoSubmissionQueueEntrySizeLog2 16 4; IoCompletionQueueEntrySizeLog2 20 4;
            ControllerReadyIndependentOfMediaEnable 24 1
        ControllerStatus 32: Ready 0 1; ControllerFatalStatus 1 1; ShutdownStatus 2 2; NvmSubsystemResetOccurred 4 1;
            ProcessingPaused 5 1; ShutdownType 6 1
        AdminQueueAttributes 32: SubmissionQueueSizeZeroBased 0 12; CompletionQueueSizeZeroBased 16 12
        AdminQueueBase 64:
        Version 32: Tertiary 0 8; Minor 8 8; Major 16 16
        ControllerReadyTimeouts 32: ReadyWithMediaTimeoutIn500Milliseconds 0 16; ReadyIndependentOfMediaTimeoutIn500Milliseconds 16 16
        CommandDword0 32: Opcode 0 8; FusedOperation 8 2; PrpOrSgl 14 2; CommandIdentifier 16 16
        CompletionStatus 16: PhaseTag 0 1
        SglIdentifier 8: SubType 0 4; Type 4 4
        CreateIoQueueDword10 32: QueueIdentifier 0 16; QueueSizeZeroBased 16 16
        CreateIoCompletionQueueDword11 32: PhysicallyContiguous 0 1; InterruptsEnabled 1 1; InterruptVector 16 16
        CreateIoSubmissionQueueDword11 32: PhysicallyContiguous 0 1; QueuePriority 1 2; CompletionQueueIdentifier 16 16
        CreateIoSubmissionQueueDword12 32: NvmSetIdentifier 0 16
        DeleteIoQueueDword10 32: QueueIdentifier 0 16
        AbortDword10 32: SubmissionQueueIdentifier 0 16; CommandIdentifier 16 16
        AbortCompletionDword0 32: ImmediateAbortNotPerformed 0 1
        AsynchronousEventDword0 32: EventType 0 3; EventInformation 8 8; LogPageIdentifier 16 8
        IdentifyDword10 32: Cns 0 8; ControllerIdentifier 16 16
        IdentifyDword11 32: CnsSpecificIdentifier 0 16; CommandSetIdentifier 24 8
        IdentifyDword14 32: UuidIndex 0 7
        IoCommandSetVector 64: CommandSets 0 64
        PowerStateFlags 8: MaximumPowerScaleIn100Microwatts 0 1; NonOperationalState 1 1
        PowerScale 8: Scale 6 2
        ActivePowerWorkloadAndScale 8: ActivePowerWorkload 0 3; ActivePowerScale 6 2
        RecoveryAndQuiescenceTimeScales 8: EmergencyPowerFailRecoveryTimeScale 0 4; ForcedQuiescenceVaultTimeScale 4 4
        EmergencyPowerFailVaultTimeScale 8: Scale 0 4
        FirmwareUpdates 8: FirstSlotReadOnly 0 1; NumberOfSlots 1 3; ActivationWithoutReset 4 1; MultipleUpdateDetection 5 1
        SanitizeCapabilities 32: CryptoErase 0 1; BlockErase 1 1; Overwrite 2 1; VerificationSupport 3 1; NoDeallocateInhibited 29 1;
            NoDeallocateModifiesMedia 30 2
        QueueEntrySize 8: MinimumLog2 0 4; MaximumLog2 4 4
        VolatileWriteCache 8: Present 0 1; FlushBehavior 1 2
        SglSupport 32: Level 0 2; KeyedDataBlock 2 1; DescriptorThreshold 8 8; BitBucket 16 1; MetadataByteAlignedBuffer 17 1;
            LengthLargerThanData 18 1; MetadataSgl 19 1; AddressAsOffset 20 1; TransportDataBlock 21 1
        LbaFormat 32: MetadataSizeBytes 0 16; LbaDataSizeLog2 16 8; RelativePerformance 24 2
        NamespaceFeatures 8: ThinProvisioning 0 1; NamespaceAtomicWriteUnits 1 1; DeallocatedOrUnwrittenErrorSupported 2 1;
            NguidAndEui64NeverReused 3 1; OptimalPerformance 4 2; MultipleAtomicityMode 6 1; OptimalReadPerformance 7 1
        FormattedLbaSize 8: FormatIndexLower 0 4; MetadataExtended 4 1; FormatIndexUpper 5 2
        ProtectionTypeSettings 8: ProtectionInformationType 0 3; InFirstBytes 3 1
        FormatProgressIndicator 8: PercentageRemaining 0 7; Supported 7 1
        DeallocateLogicalBlockFeatures 8: ReadBehavior 0 3; WriteZeroesDeallocate 3 1; GuardOfDeallocatedIsCrc 4 1
        IndependentNamespaceFeatures 8: NguidAndEui64NeverReused 3 1; RotationalMedia 4 1; VolatileWriteCacheNotPresent 5 1
        NamespaceStatus 8: Ready 0 1; IoImpact 1 2
        ExtendedLbaFormat 32: StorageTagSizeBits 0 7; ProtectionInformationFormat 7 2; QualifiedProtectionInformationFormat 9 4
        GetLogPageDword10 32: LogPageIdentifier 0 8; LogSpecificParameter 8 7; RetainAsynchronousEvent 15 1;
            NumberOfDwordsLowerZeroBased 16 16
        GetLogPageDword11 32: NumberOfDwordsUpper 0 16; LogSpecificIdentifier 16 16
        GetLogPageDword12 32: LogPageOffsetLower 0 32
        GetLogPageDword13 32: LogPageOffsetUpper 0 32
        GetLogPageDword14 32: UuidIndex 0 7; OffsetIsIndex 23 1; CommandSetIdentifier 24 8
        ParameterErrorLocation 16: Byte 0 8; Bit 8 3
        ActiveFirmwareInfo 8: ActiveSlot 0 3; NextResetSlot 4 3
        SupportedLogPage 32: LogPageSupported 0 1; IndexOffsetSupported 1 1; LidSpecificParameter 16 16
        CommandSupportedAndEffects 32: CommandSupported 0 1; LogicalBlockContentChange 1 1; NamespaceCapabilityChange 2 1;
            NamespaceInventoryChange 3 1; ControllerCapabilityChange 4 1; CommandSubmissionAndExecutionRelaxations 14 2;
            CommandSubmissionAndExecution 16 3; UuidSelectionSupported 19 1; Scope 20 12
        FeatureIdentifierSupportedAndEffects 32: FeatureSupported 0 1; UserDataContentChange 1 1; NamespaceCapabilityChange 2 1;
            NamespaceInventoryChange 3 1; ControllerCapabilityChange 4 1; UuidSelectionSupported 19 1; Scope 20 12
        SetFeaturesDword10 32: FeatureIdentifier 0 8; Save 31 1
        GetFeaturesDword10 32: FeatureIdentifier 0 8; Select 8 3
        FeaturesDword14 32: UuidIndex 0 7
        FeatureCapabilities 32: Saveable 0 1; NamespaceSpecific 1 1; Changeable 2 1
        ArbitrationFeature 32: ArbitrationBurstLog2 0 3; LowPriorityWeightZeroBased 8 8; MediumPriorityWeightZeroBased 16 8;
            HighPriorityWeightZeroBased 24 8
        PowerManagementFeature 32: PowerState 0 5; WorkloadHint 5 3
        LbaRangeTypeFeature 32: NumberOfLbaRangesZeroBased 0 6
        TemperatureThresholdFeature 32: TemperatureThresholdKelvin 0 16; ThresholdTemperatureSelect 16 4; ThresholdTypeSelect 20 2;
            TemperatureThresholdHysteresisKelvin 22 3
        ErrorRecoveryFeature 32: TimeLimitedErrorRecoveryIn100Milliseconds 0 16; DeallocatedOrUnwrittenErrorEnable 16 1
        VolatileWriteCacheFeature 32: Enable 0 1
        NumberOfQueuesFeature 32: SubmissionQueuesZeroBased 0 16; CompletionQueuesZeroBased 16 16
        InterruptCoalescingFeature 32: AggregationThresholdZeroBased 0 8; AggregationTimeIn100Microseconds 8 8
        InterruptVectorConfigurationFeature 32: InterruptVector 0 16; CoalescingDisable 16 1
        WriteAtomicityNormalFeature 32: DisableNormal 0 1
        AsynchronousEventConfigurationFeature 32: CriticalWarnings 0 8; AttachedNamespaceAttributeNotices 8 1;
            FirmwareActivationNotices 9 1; TelemetryLogNotices 10 1; AsymmetricNamespaceAccessChangeNotices 11 1;
            PredictableLatencyEventAggregateLogChangeNotices 12 1; LbaStatusInformationAlertNotices 13 1;
            EnduranceGroupEventAggregateLogPageChangeNotices 14 1; NormalNvmSubsystemShutdown 15 1;
            TemperatureThresholdHysteresisRecovery 16 1; ReachabilityAssociationChangeNotices 17 1;
            ReachabilityGroupChangeNotices 18 1; AllocatedNamespaceAttributeNotices 19 1; ZoneDescriptorChangedNotices 27 1;
            PullModelDdcRequestLogPageChangeNotices 28 1; AveDiscoveryLogPageChangeNotices 29 1;
            HostDiscoveryLogPageChangeNotices 30 1; DiscoveryLogPageChangeNotices 31 1
        AutonomousPowerStateTransitionFeature 32: Enable 0 1
        HostMemoryBufferFeature 32: Enable 0 1; MemoryReturn 1 1; NonOperationalAccessRestrictionEnable 2 1
        KeepAliveTimerFeature 32: KeepAliveTimeoutMilliseconds 0 32
        HostIdentifierFeature 32: ExtendedHostIdentifier 0 1
        ReservationNotificationMaskFeature 32: RegistrationPreempted 1 1; ReservationReleased 2 1; ReservationPreempted 3 1
        ReservationPersistenceFeature 32: PersistThroughPowerLoss 0 1
        NamespaceWriteProtectionConfigFeature 32: WriteProtectionState 0 3
        TimestampData 64: TimestampMilliseconds 0 48; MayHaveStopped 48 1; Origin 49 3
        ReadWriteDword12 32: NumberOfLogicalBlocksZeroBased 0 16; CommandExtensionType 16 4; DirectiveType 20 4; StorageTagCheck 24 1;
            ProtectionInformation 26 4; ForceUnitAccess 30 1; LimitedRetry 31 1
        ReadWriteDword13 32: AccessFrequency 0 4; AccessLatency 4 2; SequentialRequest 6 1; Incompressible 7 1;
            DirectiveSpecific 16 16
        ReadWriteDword14 32: InitialLogicalBlockReferenceTag 0 32
        ReadWriteDword15 32: LogicalBlockApplicationTag 0 16; LogicalBlockApplicationTagMask 16 16
        WriteZeroesDword12 32: NumberOfLogicalBlocksZeroBased 0 16; CommandExtensionType 16 4; NamespaceZeroes 23 1;
            StorageTagCheck 24 1; Deallocate 25 1; ProtectionInformation 26 4; ForceUnitAccess 30 1; LimitedRetry 31 1
        DatasetManagementDword10 32: NumberOfRangesZeroBased 0 8
        CopyDword12 32: NumberOfRangesZeroBased 0 8; DescriptorFormat 8 4
        DatasetManagementDword11 32: IntegralDatasetForRead 0 1; IntegralDatasetForWrite 1 1; Deallocate 2 1
        ContextAttributes 32: AccessFrequency 0 4; AccessLatency 4 2; SequentialReadRange 8 1; SequentialWriteRange 9 1;
            WritePrepare 10 1; CommandAccessSizeLogicalBlocks 24 8
        ReservationRegisterDword10 32: Action 0 3; IgnoreExistingKey 3 1; DispersedNamespaceReservationSupport 4 1; ChangePersistence 30 2
        ReservationAcquireDword10 32: Action 0 3; IgnoreExistingKey 3 1; DispersedNamespaceReservationSupport 4 1; Type 8 8
        ReservationReleaseDword10 32: Action 0 3; IgnoreExistingKey 3 1; DispersedNamespaceReservationSupport 4 1; Type 8 8
        ReservationReportDword10 32: NumberOfDwordsZeroBased 0 32
        ReservationReportDword11 32: ExtendedDataStructure 0 1; DispersedNamespaceReservationSupport 1 1
        EnduranceGroupEventConfigurationFeature 32: EnduranceGroupIdentifier 0 16; CriticalWarnings 16 8
        Status 16: CodeInType 0 8; StatusCodeType 8 3; CommandRetryDelay 11 2; More 13 1; DoNotRetry 14 1
        """);
}
