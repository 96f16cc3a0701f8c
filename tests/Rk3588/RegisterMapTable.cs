// The register blocks of the RK3588's endpoint as the reference prints them: written out from the reference, not from the maps, so that a
// moved register or bit is seen.
namespace Nvmepf.Tests.Rk3588;

internal static class RegisterMapTable
{
    // "Block.Register offset[+stride] Access Fields: Field lowest-bit width; ...", numbers of offsets hexadecimal.
    internal const string Client = """
        ApbClient.GeneralControl 000 HighWordMask GeneralControl: LinkTrainingEnable 2 1; LinkResetGrant 3 1; DeviceType 4 4
        ApbClient.MessageStatus 004 ReadOnly MessageStatus: PmeToAck 9 1; PmTurnOff 10 1
        ApbClient.LegacyStatus 008 ReadOnly LegacyStatus:
        ApbClient.ErrorStatus 00C ReadOnly ErrorStatus:
        ApbClient.MiscStatus 010 WriteOneToClear MiscStatus: PhysicalLinkChanged 0 1; DataLinkChanged 1 1; LinkReset 2 1; DmaWrite 10 1;
            DmaRead 11 1; HostDoorbell 15 1
        ApbClient.PowerStatus 014 ReadOnly PowerStatus:
        ApbClient.MessageMask 018 HighWordMask MessageMask: PmeToAck 9 1; PmTurnOff 10 1
        ApbClient.LegacyMask 01C HighWordMask LegacyMask: Lines 0 8
        ApbClient.ErrorMask 020 HighWordMask ErrorMask:
        ApbClient.MiscMask 024 HighWordMask MiscMask: PhysicalLinkChanged 0 1; DataLinkChanged 1 1; LinkReset 2 1; DmaWrite 10 1;
            DmaRead 11 1; HostDoorbell 15 1
        ApbClient.PowerMask 028 HighWordMask PowerMask:
        ApbClient.PowerControl 02C HighWordMask PowerControl: ClockRequestReady 0 1; ReadyToEnterL23 3 1; ClockRequestPull 12 2
        ApbClient.MessageGeneration 034 HighWordMask MessageGeneration: LegacyInterrupt 1 1; PmeTurnOff 4 1
        ApbClient.MsiGeneration 038 WriteOnly MsiGeneration: Vectors 0 32
        ApbClient.GeneralDebug 104 ReadWrite GeneralDebug:
        ApbClient.RasDesInfo 154 ReadOnly RasDesInfo: InL11 4 1; InL12 5 1
        ApbClient.HotResetControl 180 HighWordMask HotResetControl: Delay1Enable 0 1; Delay2Enable 1 1; Delay1Done 2 1; Delay2Done 3 1;
            LinkTrainingEnhance 4 1
        ApbClient.MsixRamWindow 270 HighWordMask MsixRamWindow: Enable 0 1
        ApbClient.LtssmStatus 300 ReadOnly LtssmStatus: State 0 6; PhysicalLinkUp 16 1; DataLinkUp 17 1; RateZeroBased 20 2
        ApbClient.DebugFifoMode 310 HighWordMask DebugFifoMode: Enable 0 3
        ApbClient.DebugFifoPatternHit0 320 HighWordMask DebugFifoPatternHit0:
        ApbClient.DebugFifoPatternHit1 324 HighWordMask DebugFifoPatternHit1:
        ApbClient.DebugFifoTransitionHit0 328 HighWordMask DebugFifoTransitionHit0:
        ApbClient.DebugFifoTransitionHit1 32C HighWordMask DebugFifoTransitionHit1:
        ApbClient.DebugFifoStatus 350 ReadOnly DebugFifoStatus: State 0 6; L1Substate 8 3; RateZeroBased 20 3
        """;

    internal const string Board = """
        Cru.ClockSelect80 440 HighWordMask ClockSelect80: PhpPeripheralRootSource 0 2; PcieRootDivider 2 5; PcieRootSource 7 1;
            PhpRootDivider 8 5; PhpRootSource 13 1
        Cru.Gate32 880 HighWordMask ClockGate32: PhpPeripheralRoot 0 1; PcieRoot 6 1; PhpRoot 7 1; PcieBridge 8 1; Dbi 13 1
        Cru.Gate33 884 HighWordMask ClockGate33: Master 2 1; Slave 7 1; Peripheral 12 1
        Cru.Gate34 888 HighWordMask ClockGate34: Auxiliary 1 1; PhpGicIts 6 1; PcieMmu 7 1
        Cru.Gate38 898 HighWordMask ClockGate38:
        Cru.Gate39 89C HighWordMask ClockGate39: Pipe 0 1
        Cru.Reset32 A80 HighWordMask SoftReset32: PhpPeripheralBus 5 1; PcieBridge 8 1; PhpBus 9 1; PcieBus 12 1; PowerUp 13 1
        Cru.Reset33 A84 HighWordMask SoftReset33: Peripheral 12 1
        Cru.Reset34 A88 HighWordMask SoftReset34: PhpGicIts 6 1; PcieMmu 7 1
        Cru.PhyReferenceGate C38 HighWordMask PhyReferenceGate: Gates 0 4
        Cru.PhpGate0 8800 HighWordMask PhpClockGate0: PhyPeripheral 8 1
        Cru.PhpReset0 8A00 HighWordMask PhpSoftReset0: PhyPeripheral 8 1; Phy 10 1
        Pmu.IdleRequest 110 HighWordMask BusIdleRequest: Php 5 1
        Pmu.IdleStatus 120 ReadOnly BusIdleStatus: Php 21 1
        Pmu.PowerGate 150 HighWordMask PowerGate: PhpOff 5 1; PcieOff 7 1
        Pmu.MemoryStatus 1F8 ReadOnly MemoryPowerStatus: Pcie 31 1
        Pmu.RepairStatus 290 ReadOnly RepairStatus: Php 20 1; Pcie 22 1
        PhyGrf.Common 000 HighWordMask PhyCommon: LaneMode 0 3; ClampRelease 8 1
        PhyGrf.Phy0Lane0 1004 HighWordMask PhyLane: CommonReferenceClock 7 1
        PhyGrf.Phy0Lane1 1104 HighWordMask PhyLane: CommonReferenceClock 7 1
        PhyGrf.Phy1Lane0 2004 HighWordMask PhyLane: CommonReferenceClock 7 1
        PhyGrf.Phy1Lane1 2104 HighWordMask PhyLane: CommonReferenceClock 7 1
        PhyGrf.Phy0Control6 118 HighWordMask PhyControl6: ReferenceFromPad 2 1
        PhyGrf.Phy1Control6 218 HighWordMask PhyControl6: ReferenceFromPad 2 1
        PhyGrf.Phy0Status1 904 ReadOnly PhyStatus1: SramInitDone 0 1; Others 1 3
        PhyGrf.Phy1Status1 A04 ReadOnly PhyStatus1: SramInitDone 0 1; Others 1 3
        PhpGrf.PcieSelect 100 HighWordMask PcieSelect: Bifurcation 0 2
        Gpio.OutputLow 000 HighWordMask GpioOutputLow: Pins 0 16
        Gpio.OutputHigh 004 HighWordMask GpioOutputHigh: Pins 0 16
        Gpio.DirectionLow 008 HighWordMask GpioDirectionLow: Outputs 0 16
        Gpio.DirectionHigh 00C HighWordMask GpioDirectionHigh: Outputs 0 16
        Gpio.Input 070 ReadOnly GpioInput: Pins 0 32
        Gpio.Version 078 ReadOnly GpioVersion: Version 0 32
        """;

    internal const string Header = """
        Dbi.Identity 000 Protected HeaderIdentity: VendorId 0 16; DeviceId 16 16
        Dbi.CommandStatus 004 ControlStatus CommandStatus: IoSpaceEnable 0 1; MemorySpaceEnable 1 1; BusMasterEnable 2 1;
            InterruptDisable 10 1; InterruptStatus 19 1; CapabilitiesList 20 1; ReceivedTargetAbort 28 1; ReceivedMasterAbort 29 1
        Dbi.ClassRevision 008 Protected ClassRevision: RevisionId 0 8; ClassCode 8 24
        Dbi.HeaderType 00C Protected HeaderLayout: CacheLineSize 0 8; LatencyTimer 8 8; Layout 16 7; MultiFunction 23 1; Bist 24 8
        Dbi.Bar 010+4 Protected BaseAddress: IsIoSpace 0 1; Is64Bit 2 1; IsPrefetchable 3 1; AddressIn16Bytes 4 28
        Dbi.Subsystem 02C Protected SubsystemIdentity: SubsystemVendorId 0 16; SubsystemId 16 16
        Dbi.ExpansionRomBar 030 Protected ExpansionRomBar: Enable 0 1; AddressIn2Kib 11 21
        Dbi.CapabilitiesPointer 034 Protected CapabilitiesPointer: FirstOffset 0 8
        Dbi.Interrupt 03C Protected InterruptPinLine: Line 0 8; Pin 8 8
        DbiShadow.Mask 010+4 ProtectedWriteOnly BarMask: Enable 0 1; MaskIn2Bytes 1 31
        DbiShadow.RomMask 030 ProtectedWriteOnly RomMask: Enable 0 1; MaskIn2Bytes 1 31
        """;

    internal const string Capabilities = """
        PowerManagementCapability.Header 0 Protected PowerManagementHeader: CapabilityId 0 8; NextOffset 8 8; Version 16 3; D1Support 25 1;
            D2Support 26 1; PmeSupport 27 5
        PowerManagementCapability.ControlStatus 4 ReadWrite PowerManagementControlStatus: PowerState 0 2; NoSoftReset 3 1; PmeEnable 8 1;
            PmeStatus 15 1
        MsiCapability.Control 0 Protected MsiControl: CapabilityId 0 8; NextOffset 8 8; Enable 16 1; VectorsOfferedLog2 17 3;
            VectorsEnabledLog2 20 3; Has64BitAddress 23 1; HasVectorMask 24 1
        MsiCapability.AddressLow 4 ReadOnly MsiAddressLow: AddressIn4Bytes 2 30
        MsiCapability.AddressHigh 8 ReadOnly MsiAddressHigh: Address 0 32
        MsiCapability.Data C ReadOnly MsiData: Data 0 16
        MsiCapability.Mask 10 ReadOnly MsiMask: Vectors 0 32
        MsiCapability.Pending 14 Protected MsiPending: Vectors 0 32
        PciExpressCapability.Header 0 Protected PciExpressHeader: CapabilityId 0 8; NextOffset 8 8; Version 16 4; PortType 20 4;
            InterruptMessageNumber 25 5
        PciExpressCapability.DeviceCapabilities 4 Protected DeviceCapabilities: MaximumPayloadSupported 0 3; ExtendedTagSupported 5 1;
            FunctionLevelReset 28 1
        PciExpressCapability.DeviceControl 8 ControlStatus DeviceControlStatus: RelaxedOrderingEnable 4 1; MaximumPayload 5 3;
            ExtendedTagEnable 8 1; NoSnoopEnable 11 1; MaximumReadRequest 12 3; InitiateFunctionLevelReset 15 1; CorrectableError 16 1;
            NonFatalError 17 1; FatalError 18 1; UnsupportedRequest 19 1; TransactionsPending 21 1
        PciExpressCapability.LinkCapabilities C Protected LinkCapabilities: MaximumLinkSpeed 0 4; MaximumLinkWidth 4 6; AspmSupport 10 2;
            L0sExitLatency 12 3; L1ExitLatency 15 3; ClockPowerManagement 18 1; PortNumber 24 8
        PciExpressCapability.LinkControl 10 ControlStatus LinkControlStatus: AspmControl 0 2; CommonClock 6 1; CurrentLinkSpeed 16 4;
            NegotiatedLinkWidth 20 6; SlotClock 28 1
        PciExpressCapability.DeviceCapabilities2 24 Protected DeviceCapabilities2: CompletionTimeoutRanges 0 4;
            CompletionTimeoutDisableSupported 4 1; LtrSupported 11 1
        PciExpressCapability.DeviceControl2 28 ControlStatus DeviceControlStatus2: CompletionTimeoutValue 0 4; CompletionTimeoutDisable 4 1;
            LtrEnable 10 1
        PciExpressCapability.LinkControl2 30 ControlStatus LinkControlStatus2: TargetLinkSpeed 0 4; EnterCompliance 4 1
        MsixCapability.Control 0 Protected MsixControl: CapabilityId 0 8; NextOffset 8 8; TableSizeZeroBased 16 11; FunctionMask 30 1;
            Enable 31 1
        MsixCapability.Table 4 Protected MsixTableLocation: Bar 0 3; OffsetIn8Bytes 3 29
        MsixCapability.PendingBits 8 Protected MsixPendingBitsLocation: Bar 0 3; OffsetIn8Bytes 3 29
        ExtendedCapability.Header 0 Protected ExtendedCapabilityHeader: CapabilityId 0 16; Version 16 4; NextOffset 20 12
        ResizableBarCapability.Sizes 4+8 Protected ResizableBarSizes: SizesFrom1Mib 4 28
        ResizableBarCapability.Control 8+8 Protected ResizableBarControl: BarIndex 0 3; EntryCount 5 3; SizeLog2Mib 8 6;
            SizesFrom256Tib 16 16
        """;

    internal const string PortLogic = """
        PortLogic.PortForce 708 ReadWrite PortForce: DeskewForSris 23 1
        PortLogic.AckFrequency 70C ReadWrite AckFrequency: FastTrainingSequences 8 8; CommonClockFastTrainingSequences 16 8;
            L0sEntranceLatency 24 3; L1EntranceLatency 27 3; EnterL1WithoutL0s 30 1
        PortLogic.LinkControl 710 ReadWrite PortLinkControl: DataLinkEnable 5 1; FastLinkMode 7 1; LinkCapable 16 6
        PortLogic.LaneSkew 714 ReadWrite LaneSkew: InsertSkew 0 24
        PortLogic.Debug0 728 ReadOnly PortDebug0: State 0 6
        PortLogic.Debug1 72C ReadOnly PortDebug1: LinkUp 4 1; InTraining 29 1
        PortLogic.WidthSpeed 80C ReadWrite LinkWidthSpeed: FastTrainingSequences 0 8; Lanes 8 5; DirectSpeedChange 17 1
        PortLogic.Gen3Related 890 ReadWrite Gen3Related:
        PortLogic.Gen3Equalization 8A8 ReadWrite Gen3Equalization:
        PortLogic.OrderRule 8B4 ReadWrite OrderRule:
        PortLogic.MiscControl1 8BC ReadWrite MiscControl1: ReadOnlyWriteEnable 0 1; DefaultTarget 1 1; UnsupportedRequestMask 2 1;
            SimplifiedReplayTimer 3 1; AriDeviceNumber 5 1
        PortLogic.MultiLane 8C0 ReadWrite MultiLane: TargetLinkWidth 0 6; DirectWidthChange 6 1; UpconfigureSupport 7 1
        PortLogic.LinkFlush 8CC ReadWrite LinkFlush: AutoFlushEnable 0 1
        PortLogic.ErrorResponse 8D0 ReadWrite AmbaErrorResponse: ErrorsReachTheBus 0 1; VendorIdErrorsReachTheBus 2 1;
            ConfigurationRetry 3 2; ErrorMap 10 6
        PortLogic.LinkTimeout 8D4 ReadWrite AmbaLinkTimeout: TimeoutMilliseconds 0 8; FlushDisable 8 1
        PortLogic.AmbaOrdering 8D8 ReadWrite AmbaOrdering: SerializeNonPosted 1 1; PostedCompleteEvent 3 2; ForwardZeroLengthReads 7 1
        PortLogic.Version 8F8 ReadOnly CoreVersion: Characters 0 32
        PortLogic.VersionType 8FC ReadOnly CoreVersionType: Characters 0 32
        PortLogic.IatuViewport 900 ReadOnly IatuViewport: Region 0 32
        PortLogic.MsixAddressMatchLow 940 ReadWrite MsixAddressMatchLow: Enable 0 1; AddressIn4Bytes 2 30
        PortLogic.MsixAddressMatchHigh 944 ReadWrite MsixAddressMatchHigh: Address 0 32
        PortLogic.MsixDoorbell 948 WriteOnly MsixDoorbell: Vector 0 11; TrafficClass 12 3; VirtualFunctionActive 15 1; VirtualFunction 16 8;
            PhysicalFunction 24 5
        PortLogic.AuxiliaryClock B40 ReadWrite AuxiliaryClock: FrequencyMegahertz 0 10
        """;

    // Checked against the reference in tests/DesignWare.
    internal static readonly string[] CheckedElsewhere =
        ["Iatu", "IatuInboundRegion", "IatuOutboundRegion", "Edma", "EdmaSide", "EdmaChannel"];
}
