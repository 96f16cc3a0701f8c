// Sizes and offsets as the standards print them (NVMe Base 2.1, NVM Command Set 1.1), written out so that a moved field is seen.
namespace Nvmepf.Tests.Spec;

internal static class LayoutTable
{
    // "Name size: Field offset size; ...", all in bytes.
    internal static readonly SpecTable Structures = SpecTable.Parse("""
        SubmissionQueueEntry 64: Cdw0 0 4; NamespaceIdentifier 4 4; Cdw2 8 4; Cdw3 12 4; MetadataPointer 16 8; Prp1 24 8; Prp2 32 8;
            Sgl1 24 16; Cdw10 40 4; Cdw11 44 4; Cdw12 48 4; Cdw13 52 4; Cdw14 56 4; Cdw15 60 4; StartingLba 40 8
        CompletionQueueEntry 16: Dword0 0 4; Dword1 4 4; SubmissionQueueHeadPointer 8 2; SubmissionQueueIdentifier 10 2;
            CommandIdentifier 12 2; CompletionStatus 14 2
        SglDescriptor 16: Address 0 8; LengthBytes 8 4; Identifier 15 1
        NamespaceList 4096: Identifiers 0 4096
        ControllerList 4096: NumberOfIdentifiers 0 2; Identifiers 2 4094
        IdentifyIoCommandSet 4096: Combinations 0 4096
        NamespaceIdentificationDescriptorHeader 4: Type 0 1; LengthBytes 1 1
        IdentifyController 4096: PciVendorId 0 2; PciSubsystemVendorId 2 2; SerialNumber 4 20; ModelNumber 24 40;
            FirmwareRevision 64 8; RecommendedArbitrationBurst 72 1; IeeeOui 73 3; ControllerMultiPathCapabilities 76 1;
            MaximumDataTransferSize 77 1; ControllerId 78 2; Version 80 4; Rtd3ResumeLatencyMicroseconds 84 4;
            Rtd3EntryLatencyMicroseconds 88 4; OptionalAsynchronousEventsSupported 92 4; ControllerAttributes 96 4;
            ReadRecoveryLevelsSupported 100 2; BootPartitionCapabilities 102 1; NvmSubsystemShutdownLatencyMicroseconds 104 4;
            PowerLossSignalingInformation 110 1; ControllerType 111 1; FruGloballyUniqueIdentifier 112 16;
            CommandRetryDelayTime1In100Milliseconds 128 2; CommandRetryDelayTime2In100Milliseconds 130 2;
            CommandRetryDelayTime3In100Milliseconds 132 2; ControllerReachabilityCapabilities 134 1; NvmSubsystemReport 253 1;
            VpdWriteCycleInformation 254 1; ManagementEndpointCapabilities 255 1; OptionalAdminCommandSupport 256 2;
            AbortCommandLimitZeroBased 258 1; AsynchronousEventRequestLimitZeroBased 259 1; FirmwareUpdates 260 1;
            LogPageAttributes 261 1; ErrorLogPageEntriesZeroBased 262 1; NumberOfPowerStatesSupportedZeroBased 263 1;
            AdminVendorSpecificCommandConfiguration 264 1; AutonomousPowerStateTransitionAttributes 265 1;
            WarningCompositeTemperatureThresholdKelvin 266 2; CriticalCompositeTemperatureThresholdKelvin 268 2;
            MaximumTimeForFirmwareActivationIn100Milliseconds 270 2; HostMemoryBufferPreferredSizeIn4KiB 272 4;
            HostMemoryBufferMinimumSizeIn4KiB 276 4; TotalNvmCapacityBytes 280 16; UnallocatedNvmCapacityBytes 296 16;
            ReplayProtectedMemoryBlockSupport 312 4; ExtendedDeviceSelfTestTimeMinutes 316 2; DeviceSelfTestOptions 318 1;
            FirmwareUpdateGranularityIn4KiB 319 1; KeepAliveSupportIn100Milliseconds 320 2;
            HostControlledThermalManagementAttributes 322 2; MinimumThermalManagementTemperatureKelvin 324 2;
            MaximumThermalManagementTemperatureKelvin 326 2; SanitizeCapabilities 328 4;
            HostMemoryBufferMinimumDescriptorEntrySizeIn4KiB 332 4; HostMemoryMaximumDescriptorsEntries 336 2;
            NvmSetIdentifierMaximum 338 2; EnduranceGroupIdentifierMaximum 340 2; AnaTransitionTimeSeconds 342 1;
            AsymmetricNamespaceAccessCapabilities 343 1; AnaGroupIdentifierMaximum 344 4; NumberOfAnaGroupIdentifiers 348 4;
            PersistentEventLogSizeIn64KiB 352 4; DomainIdentifier 356 2; KeyPerIoCapabilities 358 1;
            MaximumProcessingTimeForFirmwareActivationWithoutResetIn100Milliseconds 360 2; MaximumEnduranceGroupCapacityBytes 368 16;
            TemperatureThresholdHysteresisAttributes 384 1; CommandQuiesceTimeMilliseconds 386 2; SubmissionQueueEntrySize 512 1;
            CompletionQueueEntrySize 513 1; MaximumOutstandingCommands 514 2; NumberOfNamespaces 516 4;
            OptionalNvmCommandSupport 520 2; FusedOperationSupport 522 2; FormatNvmAttributes 524 1; VolatileWriteCache 525 1;
            AtomicWriteUnitNormalZeroBased 526 2; AtomicWriteUnitPowerFailZeroBased 528 2; IoVendorSpecificCommandConfiguration 530 1;
            NamespaceWriteProtectionCapabilities 531 1; AtomicCompareAndWriteUnitZeroBased 532 2; OptionalCopyFormatsSupported 534 2;
            SglSupport 536 4; MaximumNumberOfAllowedNamespaces 540 4; MaximumDomainNamespaceAttachments 544 16;
            MaximumIoControllerNamespaceAttachments 560 4; OptimalAggregatedQueueDepth 564 4;
            RecommendedHostInitiatedRefreshIntervalDays 568 1; HostInitiatedRefreshTimeMinutes 569 1;
            ControllerMaximumMemoryRangeTrackingDescriptors 570 2; NvmSubsystemMaximumMemoryRangeTrackingDescriptors 572 2;
            MinimumMemoryRangeTrackingGranularity 574 1; MaximumMemoryRangeTrackingGranularity 575 1; TrackingAttributes 576 1;
            MaximumControllerUserDataMigrationQueues 578 2; MaximumNvmSubsystemUserDataMigrationQueues 580 2;
            MaximumCdqMemoryRanges 582 2; NvmSubsystemMaximumCdqMemoryRanges 584 2; MaximumControllerDataQueuePrpCount 586 2;
            NvmSubsystemNvmeQualifiedName 768 256; IoQueueCommandCapsuleSupportedSizeIn16Bytes 1792 4;
            IoQueueResponseCapsuleSupportedSizeIn16Bytes 1796 4; InCapsuleDataOffsetIn16Bytes 1800 2;
            FabricsControllerAttributes 1802 1; MaximumSglDataBlockDescriptors 1803 1; OptionalFabricsCommandsSupport 1804 2;
            DiscoveryControllerType 1806 1; PowerStateDescriptors 2048 1024; VendorSpecific 3072 1024
        PowerStateDescriptor 32: MaximumPower 0 2; Flags 3 1; EntryLatencyMicroseconds 4 4; ExitLatencyMicroseconds 8 4;
            RelativeReadThroughput 12 1; RelativeReadLatency 13 1; RelativeWriteThroughput 14 1; RelativeWriteLatency 15 1;
            IdlePower 16 2; IdlePowerScale 18 1; ActivePower 20 2; ActivePowerWorkloadAndScale 22 1;
            EmergencyPowerFailRecoveryTime 23 1; ForcedQuiescenceVaultTime 24 1; EmergencyPowerFailVaultTime 25 1;
            RecoveryAndQuiescenceTimeScales 26 1; EmergencyPowerFailVaultTimeScale 27 1
        IdentifyNamespace 4096: NamespaceSizeLogicalBlocks 0 8; NamespaceCapacityLogicalBlocks 8 8;
            NamespaceUtilizationLogicalBlocks 16 8; NamespaceFeatures 24 1; NumberOfLbaFormatsZeroBased 25 1; FormattedLbaSize 26 1;
            MetadataCapabilities 27 1; EndToEndDataProtectionCapabilities 28 1; EndToEndDataProtectionTypeSettings 29 1;
            NamespaceSharingCapabilities 30 1; ReservationCapabilities 31 1; FormatProgressIndicator 32 1;
            DeallocateLogicalBlockFeatures 33 1; NamespaceAtomicWriteUnitNormalZeroBased 34 2;
            NamespaceAtomicWriteUnitPowerFailZeroBased 36 2; NamespaceAtomicCompareAndWriteUnitZeroBased 38 2;
            NamespaceAtomicBoundarySizeNormalZeroBased 40 2; NamespaceAtomicBoundaryOffset 42 2;
            NamespaceAtomicBoundarySizePowerFailZeroBased 44 2; NamespaceOptimalIoBoundary 46 2; NvmCapacityBytes 48 16;
            NamespacePreferredWriteGranularityZeroBased 64 2; NamespacePreferredWriteAlignmentZeroBased 66 2;
            NamespacePreferredDeallocateGranularityZeroBased 68 2; NamespacePreferredDeallocateAlignmentZeroBased 70 2;
            NamespaceOptimalWriteSizeZeroBased 72 2; MaximumSingleSourceRangeLength 74 2; MaximumCopyLength 76 4;
            MaximumSourceRangeCountZeroBased 80 1; KeyPerIoStatus 81 1; NumberOfUniqueAttributeLbaFormats 82 1;
            KeyPerIoDataAccessAlignmentAndGranularity 84 4; AnaGroupIdentifier 92 4; NamespaceAttributes 99 1; NvmSetIdentifier 100 2;
            EnduranceGroupIdentifier 102 2; NamespaceGloballyUniqueIdentifier 104 16; IeeeExtendedUniqueIdentifier 120 8;
            LbaFormats 128 256; VendorSpecific 384 3712
        IdentifyIndependentNamespace 4096: NamespaceFeatures 0 1; NamespaceSharingCapabilities 1 1; ReservationCapabilities 2 1;
            FormatProgressIndicator 3 1; AnaGroupIdentifier 4 4; NamespaceAttributes 8 1; NvmSetIdentifier 10 2;
            EnduranceGroupIdentifier 12 2; NamespaceStatus 14 1; KeyPerIoStatus 15 1; MaximumKeyTag 16 2;
            ReachabilityGroupIdentifier 20 4
        IdentifyNvmNamespace 4096: LogicalBlockStorageTagMask 0 8; ProtectionInformationCapabilities 8 1;
            ProtectionInformationFormatAttribute 9 1; ExtendedLbaFormats 12 256; NamespacePreferredDeallocateGranularityLarge 268 4;
            NamespacePreferredReadGranularityZeroBased 272 4; NamespacePreferredReadAlignmentZeroBased 276 4;
            NamespaceOptimalReadSizeZeroBased 280 4; NamespacePreferredDeallocateAlignmentLarge 284 4;
            LbaFormatPlacementShardSize 288 4; TrackedLbaAllocationGranularity 292 4
        IdentifyNvmController 4096: VerifySizeLimit 0 1; WriteZeroesSizeLimit 1 1; WriteUncorrectableSizeLimit 2 1;
            DatasetManagementRangesLimit 3 1; DatasetManagementRangeSizeLimit 4 4; DatasetManagementSizeLimit 8 8;
            KeyPerIoCapabilities 16 1; WriteZeroesWithDeallocateSizeLimit 17 1; AdminOptionalCommandSupport 18 2; Version 20 4;
            LbaMigrationQueueFormat 24 1
        ErrorInformationLogEntry 64: ErrorCount 0 8; SubmissionQueueIdentifier 8 2; CommandIdentifier 10 2; StatusInfo 12 2;
            ParameterErrorLocation 14 2; Lba 16 8; NamespaceIdentifier 24 4; VendorSpecificInformationAvailable 28 1;
            TransportType 29 1; CommandSetIdentifier 30 1; Opcode 31 1; CommandSpecificInformation 32 8;
            TransportTypeSpecificInformation 40 2; LogPageVersion 63 1
        SmartHealthLog 512: CriticalWarning 0 1; CompositeTemperatureKelvin 1 2; AvailableSparePercent 3 1;
            AvailableSpareThresholdPercent 4 1; PercentageUsed 5 1; EnduranceGroupCriticalWarningSummary 6 1;
            DataUnitsReadIn1000LogicalUnits 32 16; DataUnitsWrittenIn1000LogicalUnits 48 16; HostReadCommands 64 16;
            HostWriteCommands 80 16; ControllerBusyTimeMinutes 96 16; PowerCycles 112 16; PowerOnHours 128 16; UnsafeShutdowns 144 16;
            MediaAndDataIntegrityErrors 160 16; NumberOfErrorInformationLogEntries 176 16;
            WarningCompositeTemperatureTimeMinutes 192 4; CriticalCompositeTemperatureTimeMinutes 196 4;
            TemperatureSensorsKelvin 200 16; ThermalManagementTemperature1TransitionCount 216 4;
            ThermalManagementTemperature2TransitionCount 220 4; TotalTimeForThermalManagementTemperature1Seconds 224 4;
            TotalTimeForThermalManagementTemperature2Seconds 228 4
        FirmwareSlotInformationLog 512: ActiveFirmwareInfo 0 1; FirmwareRevisions 8 56
        ChangedNamespaceList 4096: Identifiers 0 4096
        SupportedLogPagesLog 1024: LogPages 0 1024
        CommandsSupportedAndEffectsLog 4096: AdminCommands 0 1024; IoCommands 1024 1024
        FeatureIdentifiersSupportedAndEffectsLog 1024: Features 0 1024
        HostBehaviorSupport 512: AdvancedCommandRetryEnable 0 1; ExtendedTelemetryDataArea4Supported 1 1;
            LbaFormatExtensionEnable 2 1; HostDispersedNamespaceSupport 3 1; CopyDescriptorFormatsEnable 4 2
        DatasetManagementRange 16: ContextAttributes 0 4; LengthLogicalBlocks 4 4; StartingLba 8 8
        EnduranceGroupInformationLog 512: CriticalWarning 0 1; Features 1 1; AvailableSparePercent 3 1; AvailableSpareThresholdPercent 4 1;
            PercentageUsed 5 1; DomainIdentifier 6 2; EnduranceEstimateInGigabytes 32 16; DataUnitsReadInGigabytes 48 16;
            DataUnitsWrittenInGigabytes 64 16; MediaUnitsWrittenInGigabytes 80 16; HostReadCommands 96 16; HostWriteCommands 112 16;
            MediaAndDataIntegrityErrors 128 16; NumberOfErrorInformationLogEntries 144 16; TotalCapacityBytes 160 16;
            UnallocatedCapacityBytes 176 16
        EnduranceGroupEventAggregateHeader 8: NumberOfEntries 0 8
        EnduranceGroupList 4096: NumberOfIdentifiers 0 2; Identifiers 2 4094
        AnaLogHeader 16: ChangeCount 0 8; NumberOfGroupDescriptors 8 2
        AnaGroupDescriptor 32: AnaGroupIdentifier 0 4; NumberOfNamespaceIdentifiers 4 4; ChangeCount 8 8; State 16 1
        ReservationRegisterData 16: CurrentReservationKey 0 8; NewReservationKey 8 8
        ReservationAcquireData 16: CurrentReservationKey 0 8; PreemptReservationKey 8 8
        ReservationStatusHeader 24: Generation 0 4; Type 4 1; NumberOfRegisteredControllers 5 2; PersistThroughPowerLossState 9 1
        RegisteredController 24: ControllerIdentifier 0 2; ReservationStatus 2 1; HostIdentifier 8 8; ReservationKey 16 8
        RegisteredControllerExtended 64: ControllerIdentifier 0 2; ReservationStatus 2 1; ReservationKey 8 8; HostIdentifier 16 16
        ReservationNotificationLog 64: LogPageCount 0 8; Type 8 1; NumberOfAvailableLogPages 9 1; NamespaceIdentifier 12 4
        """);

    // Packed words: their size in bytes. What their bits are is in BitFieldTable.
    internal static readonly SpecTable Words = SpecTable.Parse("""
        sizes 0:
        ControllerCapabilities 8; ControllerConfiguration 4; ControllerStatus 4; AdminQueueAttributes 4; AdminQueueBase 8; Version 4;
        ControllerReadyTimeouts 4; CommandDword0 4; CompletionStatus 2; SglIdentifier 1; CreateIoQueueDword10 4;
        CreateIoCompletionQueueDword11 4; CreateIoSubmissionQueueDword11 4; CreateIoSubmissionQueueDword12 4; DeleteIoQueueDword10 4;
        AbortDword10 4; AbortCompletionDword0 4; AsynchronousEventDword0 4; IdentifyDword10 4; IdentifyDword11 4; IdentifyDword14 4;
        IoCommandSetVector 8; PowerStateFlags 1; PowerScale 1; ActivePowerWorkloadAndScale 1; RecoveryAndQuiescenceTimeScales 1;
        EmergencyPowerFailVaultTimeScale 1; FirmwareUpdates 1; SanitizeCapabilities 4; QueueEntrySize 1; VolatileWriteCache 1;
        SglSupport 4; LbaFormat 4; NamespaceFeatures 1; FormattedLbaSize 1; ProtectionTypeSettings 1; FormatProgressIndicator 1;
        DeallocateLogicalBlockFeatures 1; IndependentNamespaceFeatures 1; NamespaceStatus 1; ExtendedLbaFormat 4; GetLogPageDword10 4;
        GetLogPageDword11 4; GetLogPageDword12 4; GetLogPageDword13 4; GetLogPageDword14 4; ParameterErrorLocation 2;
        ActiveFirmwareInfo 1; SupportedLogPage 4; CommandSupportedAndEffects 4; FeatureIdentifierSupportedAndEffects 4;
        SetFeaturesDword10 4; GetFeaturesDword10 4; FeaturesDword14 4; FeatureCapabilities 4; ArbitrationFeature 4;
        PowerManagementFeature 4; LbaRangeTypeFeature 4; TemperatureThresholdFeature 4; ErrorRecoveryFeature 4;
        VolatileWriteCacheFeature 4; NumberOfQueuesFeature 4; InterruptCoalescingFeature 4; InterruptVectorConfigurationFeature 4;
        WriteAtomicityNormalFeature 4; AsynchronousEventConfigurationFeature 4; AutonomousPowerStateTransitionFeature 4;
        HostMemoryBufferFeature 4; KeepAliveTimerFeature 4; HostIdentifierFeature 4; ReservationNotificationMaskFeature 4;
        ReservationPersistenceFeature 4; NamespaceWriteProtectionConfigFeature 4; TimestampData 8; ReadWriteDword12 4;
        ReadWriteDword13 4; ReadWriteDword14 4; ReadWriteDword15 4; WriteZeroesDword12 4; DatasetManagementDword10 4; CopyDword12 4;
        DatasetManagementDword11 4; ReservationRegisterDword10 4; ReservationAcquireDword10 4; ReservationReleaseDword10 4;
        ReservationReportDword10 4; ReservationReportDword11 4; EnduranceGroupEventConfigurationFeature 4; ContextAttributes 4; PrpEntry 8; Status 2
        """);

    // In-line arrays: their size in bytes, then their element count.
    internal static readonly SpecTable Arrays = SpecTable.Parse("""
        sizes 0:
        Bytes3 3 3; Bytes8 8 8; Bytes16 16 16; Bytes20 20 20; Bytes40 40 40; Bytes256 256 256; Bytes1024 1024 1024;
        Bytes3712 3712 3712; NamespaceIdentifiers1024 4096 1024; ControllerIdentifiers2047 4094 2047; IoCommandSetVectors512 4096 512;
        PowerStateDescriptors32 1024 32; LbaFormats64 256 64; ExtendedLbaFormats64 256 64; Words8 16 8; FirmwareRevisions7 56 7;
        SupportedLogPages256 1024 256; CommandsSupportedAndEffects256 1024 256; FeatureIdentifiersSupportedAndEffects256 1024 256
        """);
}
