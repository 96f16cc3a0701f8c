namespace Nvmepf.Hal.DesignWare;

/// <summary>States of the link training and status state machine (PCIe Base 5.0 section 4.2.6), in DesignWare's numbering.</summary>
public enum LtssmState : byte
{
    /// <summary>Detect.quiet.</summary>
    DetectQuiet = 0x00,

    /// <summary>Detect.active.</summary>
    DetectActive = 0x01,

    /// <summary>Polling.active.</summary>
    PollingActive = 0x02,

    /// <summary>Polling.compliance.</summary>
    PollingCompliance = 0x03,

    /// <summary>Polling.configuration.</summary>
    PollingConfiguration = 0x04,

    /// <summary>Pre-detect.quiet.</summary>
    PreDetectQuiet = 0x05,

    /// <summary>Detect.wait.</summary>
    DetectWait = 0x06,

    /// <summary>Configuration.linkwidth.start.</summary>
    ConfigurationLinkwidthStart = 0x07,

    /// <summary>Configuration.linkwidth.accept.</summary>
    ConfigurationLinkwidthAccept = 0x08,

    /// <summary>Configuration.lanenum.wait.</summary>
    ConfigurationLanenumWait = 0x09,

    /// <summary>Configuration.lanenum.accept.</summary>
    ConfigurationLanenumAccept = 0x0A,

    /// <summary>Configuration.complete.</summary>
    ConfigurationComplete = 0x0B,

    /// <summary>Configuration.idle.</summary>
    ConfigurationIdle = 0x0C,

    /// <summary>Recovery.rcvrlock.</summary>
    RecoveryLock = 0x0D,

    /// <summary>Recovery.speed.</summary>
    RecoverySpeed = 0x0E,

    /// <summary>Recovery.rcvrcfg.</summary>
    RecoveryConfiguration = 0x0F,

    /// <summary>Recovery.idle.</summary>
    RecoveryIdle = 0x10,

    /// <summary>L0: data can be sent.</summary>
    L0 = 0x11,

    /// <summary>L0s.</summary>
    L0s = 0x12,

    /// <summary>On the way to L1, L2 or L3.</summary>
    L123SendElectricalIdle = 0x13,

    /// <summary>L1.idle.</summary>
    L1Idle = 0x14,

    /// <summary>L2.idle.</summary>
    L2Idle = 0x15,

    /// <summary>L2.transmit wake.</summary>
    L2Wake = 0x16,

    /// <summary>Disabled, entry.</summary>
    DisabledEntry = 0x17,

    /// <summary>Disabled, idle.</summary>
    DisabledIdle = 0x18,

    /// <summary>Disabled.</summary>
    Disabled = 0x19,

    /// <summary>Loopback, entry.</summary>
    LoopbackEntry = 0x1A,

    /// <summary>Loopback, active.</summary>
    LoopbackActive = 0x1B,

    /// <summary>Loopback, exit.</summary>
    LoopbackExit = 0x1C,

    /// <summary>Loopback, exit by timeout.</summary>
    LoopbackExitTimeout = 0x1D,

    /// <summary>Hot reset, entry.</summary>
    HotResetEntry = 0x1E,

    /// <summary>Hot reset.</summary>
    HotReset = 0x1F,

    /// <summary>Equalization phase 0.</summary>
    Equalization0 = 0x20,

    /// <summary>Equalization phase 1.</summary>
    Equalization1 = 0x21,

    /// <summary>Equalization phase 2.</summary>
    Equalization2 = 0x22,

    /// <summary>Equalization phase 3.</summary>
    Equalization3 = 0x23,
}
