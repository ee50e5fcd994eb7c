import { Component, type ReactNode } from 'react';
import { notifyError } from './toast.ts';

/** Keeps the page when an overlay cannot be drawn, for example because its chunk could not be fetched. */
export class OverlayBoundary extends Component<{ children: ReactNode; onError(): void }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }
  override componentDidCatch(error: Error): void {
    notifyError(error);
    this.props.onError();
  }
  override render(): ReactNode {
    return this.state.failed ? null : this.props.children;
  }
}
