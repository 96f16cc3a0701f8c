using Nvmepf.Firmware.Commands.Admin.Features;
using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>OACS and ONCS of Identify Controller, read from the tables of commands and features.</summary>
internal static class OptionalCommands
{
    /// <summary>OACS: the optional admin commands that have a row and are supported.</summary>
    public static OptionalAdminCommands Admin(NvmeController controller) =>
        If(AdminOpcode.SecuritySend, OptionalAdminCommands.SecuritySendReceive)
        | If(AdminOpcode.FormatNvm, OptionalAdminCommands.FormatNvm)
        | If(AdminOpcode.FirmwareCommit, OptionalAdminCommands.FirmwareDownloadAndCommit)
        | If(AdminOpcode.NamespaceManagement, OptionalAdminCommands.NamespaceManagement)
        | If(AdminOpcode.DeviceSelfTest, OptionalAdminCommands.DeviceSelfTest)
        | If(AdminOpcode.DirectiveSend, OptionalAdminCommands.Directives)
        | If(AdminOpcode.NvmeMiSend, OptionalAdminCommands.NvmeMiSendReceive)
        | If(AdminOpcode.VirtualizationManagement, OptionalAdminCommands.VirtualizationManagement)
        | (DoorbellBufferConfig.IsSupported(controller) ? OptionalAdminCommands.DoorbellBufferConfig : OptionalAdminCommands.None)
        | If(AdminOpcode.GetLbaStatus, OptionalAdminCommands.GetLbaStatus)
        | If(AdminOpcode.Lockdown, OptionalAdminCommands.CommandAndFeatureLockdown)
        | If(AdminOpcode.MigrationSend, OptionalAdminCommands.HostManagedLiveMigration);

    /// <summary>
    /// ONCS: the optional I/O commands that have a row, Timestamp where it is a feature, and SEL and SV, which are understood although
    /// no feature is saveable.
    /// </summary>
    public static OptionalNvmCommands Nvm(NvmeController controller) =>
        If(NvmOpcode.Compare, OptionalNvmCommands.Compare)
        | If(NvmOpcode.WriteUncorrectable, OptionalNvmCommands.WriteUncorrectable)
        | If(NvmOpcode.DatasetManagement, OptionalNvmCommands.DatasetManagement)
        | If(NvmOpcode.WriteZeroes, OptionalNvmCommands.WriteZeroes)
        | (controller.HasReservations ? OptionalNvmCommands.Reservations : OptionalNvmCommands.None)
        | If(NvmOpcode.Verify, OptionalNvmCommands.Verify)
        | If(NvmOpcode.Copy, OptionalNvmCommands.Copy)
        | (FeatureTable.Find(controller, FeatureId.Timestamp) is null ? OptionalNvmCommands.None : OptionalNvmCommands.Timestamp)
        | OptionalNvmCommands.SaveAndSelectFeature;

    private static OptionalAdminCommands If(AdminOpcode opcode, OptionalAdminCommands bit) =>
        CommandTable.Admin((byte)opcode) is null ? OptionalAdminCommands.None : bit;

    private static OptionalNvmCommands If(NvmOpcode opcode, OptionalNvmCommands bit) =>
        CommandTable.Io((byte)opcode) is null ? OptionalNvmCommands.None : bit;
}
