using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;
using Nvmepf.Tests.Admin;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Reservations;

/// <summary>A controller that shares a namespace with others, and the host behind it.</summary>
internal sealed class ReservationHost : IDisposable
{
    public const uint ReservationEvent = 0x0080_0006;

    public ReservationHost(NamespaceState state, ushort controllerIdentifier, ulong identifier, bool isExtended = true, NamespaceBackend? backend = null)
    {
        Backend = backend ?? new RamBackend(1 << 20);
        Backend.Open();
        NvmeNamespace shared = new(1, Backend, 512, Guid.Empty, new byte[16]) { State = state };
        Host = new AdminHost([shared], settings: AdminHost.DefaultSettings with { ControllerId = controllerIdentifier });
        if (identifier != 0)
        {
            Assert.Equal(StatusCode.Success, Identify(identifier, isExtended));
        }
    }

    public AdminHost Host { get; }

    public NamespaceBackend Backend { get; }

    public StatusCode Identify(ulong identifier, bool isExtended = true)
    {
        Host.Data(16).Clear();
        Host.DataAs<ulong>() = identifier;
        return Host.Run(AdminHost.Command(AdminOpcode.SetFeatures, 0, (uint)FeatureId.HostIdentifier, isExtended ? 1u : 0)).Code;
    }

    public StatusCode Register(
        ulong newKey,
        ReservationRegisterAction action = ReservationRegisterAction.Register,
        ulong currentKey = 0,
        bool ignoresKey = false,
        ChangePersistThroughPowerLoss persistence = ChangePersistThroughPowerLoss.NoChange) => Run(
            NvmOpcode.ReservationRegister,
            new ReservationRegisterDword10 { Action = action, IgnoreExistingKey = ignoresKey, ChangePersistence = persistence }.Raw,
            currentKey,
            newKey);

    public StatusCode Acquire(ReservationType type, ulong key) => Run(
        NvmOpcode.ReservationAcquire, new ReservationAcquireDword10 { Type = type }.Raw, key, 0);

    public StatusCode Preempt(ReservationType type, ulong key, ulong preempted) => Run(
        NvmOpcode.ReservationAcquire, new ReservationAcquireDword10 { Action = ReservationAcquireAction.Preempt, Type = type }.Raw, key, preempted);

    public StatusCode Release(ReservationType type, ulong key) => Run(
        NvmOpcode.ReservationRelease, new ReservationReleaseDword10 { Type = type }.Raw, key, 0);

    public StatusCode Clear(ulong key) => Run(
        NvmOpcode.ReservationRelease, new ReservationReleaseDword10 { Action = ReservationReleaseAction.Clear }.Raw, key, 0);

    public StatusCode Run(NvmOpcode opcode, uint cdw10, ulong first, ulong second)
    {
        SetKeys(first, second);
        return Host.RunIo(Command(opcode, cdw10));
    }

    public static SubmissionQueueEntry Command(NvmOpcode opcode, uint cdw10, uint cdw11 = 0)
    {
        SubmissionQueueEntry entry = TestHost.Io(opcode);
        entry.Cdw10 = cdw10;
        entry.Cdw11 = cdw11;
        return entry;
    }

    public void SetKeys(ulong first, ulong second)
    {
        Host.DataAs<ReservationRegisterData>().CurrentReservationKey = first;
        Host.DataAs<ReservationRegisterData>().NewReservationKey = second;
    }

    /// <summary>A command on the first block, its data all zero as the media is.</summary>
    public StatusCode Io(NvmOpcode opcode)
    {
        Host.Data(512).Clear();
        SubmissionQueueEntry entry = TestHost.Io(opcode);
        if (opcode == NvmOpcode.DatasetManagement)
        {
            entry.Cdw11 = 4;
        }

        return Host.RunIo(entry);
    }

    public StatusCode Report(uint lengthBytes, bool isExtended = true) => Host.RunIo(
        Command(NvmOpcode.ReservationReport, (lengthBytes / 4) - 1, isExtended ? 1u : 0));

    /// <summary>Reads the notification log once.</summary>
    public ReservationNotificationLog ReadLog()
    {
        Assert.Equal(StatusCode.Success, Host.Run(AdminHost.Command(AdminOpcode.GetLogPage, 0, 0x000F_0080)).Code);
        return Host.DataAs<ReservationNotificationLog>();
    }

    public void Dispose()
    {
        Host.Dispose();
        Backend.Dispose();
    }
}
